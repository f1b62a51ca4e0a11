import type { AnyActor, AnyActorLogic, AnyActorRef } from 'xstate';
import { PanoramaError } from '../errors.js';
import { actsByItself, childrenOf, sourceNameOf } from '../process/xstate-internals.js';

/** XState's own ids of actors that were spawned without one: they count all actors of the program. */
const COUNTED_ID = /^x:\d+$/;

/**
 * Refuses a process whose next state is no function of its state and what comes in: with an active promise, callback or
 * observable in it, or with a child whose id differs from run to run.
 *
 * @param id The process.
 * @param logic The process's logic, as the application wrote it.
 * @throws `not-replayable`, naming the actor and what to do.
 */
export function refuseImpure(id: string, root: AnyActor, logic: AnyActorLogic): void {
  if (actsByItself(root, logic))
    refuseActing(`process "${id}"`, 'Give it a machine or `fromTransition` logic instead.');
  const visit = (actor: AnyActorRef, path: string) => {
    for (const [childId, child] of Object.entries(childrenOf(actor))) {
      const name = `${path}.${childId}`;
      if (COUNTED_ID.test(childId)) refuseCounted(name);
      if (actsByItself(child)) {
        refuseActing(
          `actor "${name}" (source "${sourceNameOf(child)}")`,
          `Replace it: \`machine.provide({ actors: { ${sourceNameOf(child)}: … } })\` with a machine or \`fromTransition\` logic that answers when it is sent an event.`,
        );
      }
      visit(child, name);
    }
  };
  visit(root, id);
}

function refuseActing(who: string, advice: string): never {
  throw new PanoramaError(
    'not-replayable',
    `Expected logic that acts on events alone, got ${who}, an active promise, callback or observable, whose results come at times that no state tells. ${advice}`,
  );
}

function refuseCounted(name: string): never {
  throw new PanoramaError(
    'not-replayable',
    `Expected each spawned actor to have an id of its own, got "${name}", an id that XState counts anew in every run. Give one: \`spawn('source', { id: 'name' })\`.`,
  );
}
