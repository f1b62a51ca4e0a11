import { createActor, type InspectionEvent } from 'xstate';
import { withPeers, type GlobalSnapshot } from 'xstate-panorama';
import { messagePort } from 'xstate-panorama/message-port';
import { desk } from '../desk.js';

/** The page's process and its worker. After a restore, another session takes this one's place. */
export interface Session {
  /** Names it among its successors. */
  readonly key: number;
  /** The desk's machine as a process: for `useActorRef`. */
  readonly logic: typeof desk;
  /** Counts how often the page's actor has been started: for the options of `useActorRef`. */
  readonly inspect: (event: InspectionEvent) => void;
  /** How often that was. */
  starts(): number;
  stop(): void;
}

let count = 0;

/**
 * Opens a session, outside of React: strict mode calls components twice, and there is to be one worker.
 *
 * @param snapshot Both go on from it.
 * @param onError Is told what the worker could not do.
 * @throws When the snapshot is not one of this page.
 */
export function openSession(snapshot: GlobalSnapshot | undefined, onError: (message: string) => void): Session {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  try {
    const logic = withPeers(desk, { id: 'desk', peers: { lab: messagePort(worker) }, snapshot });
    refuseMisfit(logic);
    worker.addEventListener('error', ({ message }) => onError(message));
    worker.postMessage({ snapshot });
    let starts = 0;
    return {
      key: ++count,
      logic,
      inspect: ({ type, ...inspected }) => {
        const isStart = 'event' in inspected && inspected.event.type === 'xstate.init';
        if (type === '@xstate.event' && isStart && inspected.actorRef.sessionId === inspected.rootId) starts++;
      },
      starts: () => starts,
      stop: () => worker.terminate(),
    };
  } catch (error) {
    worker.terminate();
    throw error;
  }
}

/** An actor that is never started: what it cannot be restored from is found here, and not while React renders. */
function refuseMisfit(logic: typeof desk): void {
  const snapshot = createActor(logic).getSnapshot();
  if (snapshot.status === 'error') throw snapshot.error;
}
