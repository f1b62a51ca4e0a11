import type { AnyActor, AnyActorLogic } from 'xstate';
import { copyPlain } from '../copy.js';
import { PanoramaError } from '../errors.js';
import { revivePeers } from '../actor-refs.js';
import { givenClockOf, wrapLogic } from '../xstate-internals.js';
import { faceOf, type LinkedProcessFace } from './create-process.js';
import { find, LinkedProcess, own } from './linked-process.js';
import { parseLinkOptions, type LinkOptions } from './options.js';

/**
 * Makes logic that is a process wherever its actor is created, as by `useActorRef` of `@xstate/react`: each actor made of
 * it reaches its peers by `system.get(name)`, and {@link processOf} gives its process. It opens the links when the actor
 * starts, and parts from them when it is stopped for good; React's strict mode, which stops an actor and starts it again
 * at once, passes unnoticed. What the actor persists has the shape that it has without peers.
 *
 * Make it once, outside the component. One actor of it at a time may run: the links are one process's.
 *
 * @param logic Any XState actor logic, unchanged; of a root actor.
 * @param options Its id and its peers.
 * @throws `invalid-argument` for a bad option; `does-not-fit` for a snapshot that is not one of such a process.
 */
export function withPeers<TLogic extends AnyActorLogic>(logic: TLogic, options: LinkOptions): TLogic {
  const links = parseLinkOptions(options);
  const restored = links.snapshot?.processes[links.id];
  return wrapLogic(logic, {
    adopt(scope) {
      const process = new LinkedProcess({
        ...links,
        logic,
        input: undefined,
        options: { clock: givenClockOf(scope.self) },
      });
      process.process.adopt(scope);
      own(scope.self, process);
    },
    restored: revivePeers,
    starting(scope) {
      const { process } = find(scope.self)!;
      process.refuseMisfit();
      process.starting();
    },
    persisted: () => restored && copyPlain(restored.snapshot, `processes.${links.id}`),
  });
}

/**
 * Gives the process of an actor: to take snapshots, to hear of its links, to add peers.
 *
 * @param actor The root actor, made of what `withPeers` gave, by `createProcess`, or handed to `attachProcess`.
 * @throws `invalid-argument` for any other actor.
 */
export function processOf(actor: AnyActor): LinkedProcessFace {
  const process = find(actor);
  if (process === undefined) {
    throw new PanoramaError(
      'invalid-argument',
      `Expected the root actor of a process, got actor "${actor.id}", which is none. Create it of \`withPeers(logic, …)\`.`,
    );
  }
  return faceOf(process);
}
