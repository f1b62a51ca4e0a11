import { MessageChannel } from 'node:worker_threads';
import { messagePort, type PortLike } from '../../src/transports/message-port.js';
import { describeTransport, here } from './contract.js';

describeTransport('messagePort', () => {
  const { port1, port2 } = new MessageChannel();
  return {
    a: here(messagePort(port1)),
    b: here(messagePort(port2)),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});

// As it is in browsers: `addEventListener` and no `on`.
describeTransport('messagePort, as the web has it', () => {
  const { port1, port2 } = new globalThis.MessageChannel();
  const web = (port: MessagePort): PortLike => ({
    postMessage: (message) => port.postMessage(message),
    addEventListener: (type, listener) => port.addEventListener(type, listener as never),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener as never),
  });
  port1.start();
  port2.start();
  return {
    a: here(messagePort(web(port1))),
    b: here(messagePort(web(port2))),
    inject: (value) => port1.postMessage(value),
    close: () => port1.close(),
  };
});
