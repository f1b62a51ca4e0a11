import type { GlobalSnapshot } from '../global-snapshot.js';
import type { LinkedProcessHandle } from './linked-process-handle.js';
import type { LinkedProcess } from './linked-process.js';

/** The handle of a process, the same one at each call. */
export function handleOf(process: LinkedProcess): LinkedProcessHandle {
  if (process.handle === undefined) {
    process.handle = createHandle(process);
    processes.set(process.handle, process);
  }
  return process.handle;
}

const processes = new WeakMap<object, LinkedProcess>();

/** The process behind a handle, for the library's own tools; undefined for anything else. */
export function linkedProcessOf(handle: object): LinkedProcess | undefined {
  return processes.get(handle);
}

function createHandle(process: LinkedProcess): LinkedProcessHandle {
  const { face } = process;
  const handle: LinkedProcessHandle = {
    id: process.id,
    get actor() {
      return process.process.actor;
    },
    get actor$() {
      return face.actor$;
    },
    get inputs() {
      return face.inputs;
    },
    get inputsSaved$() {
      return face.inputsSaved$;
    },
    get epoch() {
      return process.member.epoch.number;
    },
    get standpoint() {
      return process.member.standpoint;
    },
    get topology() {
      return process.links.channels;
    },
    get processes() {
      return { [process.id]: handle };
    },
    inFlight: () => process.links.inFlight(),
    clock: process.context.clock ?? globalThis,
    isRecoverable: process.member.isRecoverable,
    snapshots$: process.snapshots.snapshots$,
    trace$: process.context.trace.events$,
    links$: process.events.links$,
    backlogOf: (name) => process.backlogOf(name),
    crashes$: process.member.crashes$,
    subscribe: (next) => face.subscribe(next),
    send: (event) => face.send(event as never),
    sendInput: (event) => face.sendInput(event as never),
    takeSnapshot: (options) => process.snapshots.take(options ?? {}, false),
    takeCheckpoint: (options) => process.snapshots.take(options ?? {}, true),
    checkpointSaved: (snapshotId, inputs) => process.member.announceSaved(snapshotId, inputs),
    coordinatedBy: (who) => process.member.coordinatedBy(who),
    get missing() {
      return process.member.missing;
    },
    rollBack: (snapshot, { epoch } = {}) =>
      process.member.rollBack(snapshot as GlobalSnapshot, epoch).then(() => Object.keys(snapshot.processes)),
    addPeer: (name, peer) => process.addPeer(name, peer),
    removePeer: (name) => process.removePeer(name),
    replacePeer: (name, peer) => process.replacePeer(name, peer),
    stop: () => process.stop(),
  };
  return handle;
}
