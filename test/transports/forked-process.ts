/** A program that is forked by the tests: it sends back what it takes. */
import { sendTo, setup } from 'xstate';
import { createProcess } from '../../src/index.js';
import { textPort } from '../../src/transports/text-port.js';

const echo = setup({}).createMachine({
  on: {
    TAKE: {
      actions: sendTo(
        ({ system }) => system.get('parent'),
        ({ event }) => event,
      ),
    },
  },
});

createProcess(echo, { id: 'child', peers: { parent: textPort(process) } }).start();
