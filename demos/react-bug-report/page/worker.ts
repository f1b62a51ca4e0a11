/** The worker's program: the lab, as a process of its own. */
import { createProcess, type GlobalSnapshot } from 'xstate-panorama';
import { messagePort } from 'xstate-panorama/message-port';
import { lab } from '../lab.js';

// The page's first message says what to go on from; frames come behind it.
self.addEventListener(
  'message',
  ({ data }: MessageEvent<{ readonly snapshot: GlobalSnapshot | undefined }>) => {
    createProcess(lab, { id: 'lab', peers: { desk: messagePort(self) }, snapshot: data.snapshot }).start();
  },
  { once: true },
);
