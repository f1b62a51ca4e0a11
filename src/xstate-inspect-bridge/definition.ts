/** An XState 5 statechart as XState 4 writes it down. */
import { toJson, type Redact } from './plain.js';
import type { StateNodeLike, TransitionLike } from './v5.js';

/** An XState 4 machine's definition, which is also a config that `createMachine` of XState 4 takes. */
export interface Definition {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** A definition, and what its events are called on the other side. */
export interface Described {
  readonly definition: Definition;
  /** XState 5's names of events, by XState 4's. */
  readonly eventTypes: ReadonlyMap<string, string>;
}

/** Describes the logic of an actor; logic that is no machine as one whose states are the actor's statuses. */
export function describeLogic(logic: unknown, name: string, redact: Redact | undefined): Described {
  const eventTypes = new Map<string, string>();
  const { root } = (logic ?? {}) as { readonly root?: StateNodeLike };
  const { id, ...rest } = root === undefined ? statusChart(name) : stateOf(root, eventTypes, redact);
  return { definition: { id, ...rest, predictableActionArguments: true }, eventTypes };
}

/** The name of an event in XState 4. @param stateId The state whose transition it is, for delays. */
export function eventTypeOf(type: string, stateId?: string): string {
  const after = 'xstate.after.';
  if (stateId !== undefined && type.startsWith(after) && type.endsWith(`.${stateId}`)) {
    return `xstate.after(${type.slice(after.length, -stateId.length - 1)})#${stateId}`;
  }
  return type
    .replace(/^xstate\.done\.actor\./, 'done.invoke.')
    .replace(/^xstate\.error\.actor\./, 'error.platform.')
    .replace(/^xstate\.done\.state\./, 'done.state.');
}

function stateOf(node: StateNodeLike, eventTypes: Map<string, string>, redact: Redact | undefined): Definition {
  const on: Record<string, unknown[]> = {};
  for (const transition of [...node.transitions.values()].flat()) {
    const type = eventTypeOf(transition.eventType, node.id);
    if (type !== transition.eventType) eventTypes.set(type, transition.eventType);
    (on[type] ??= []).push(transitionOf(transition));
  }
  const initial = node.initial?.target?.[0]?.key;
  return {
    id: node.id,
    key: node.key,
    type: node.type,
    ...(initial === undefined ? {} : { initial }),
    ...(node.type === 'history' ? { history: node.history, target: node.config.target } : {}),
    states: Object.fromEntries(
      Object.entries(node.states).map(([key, child]) => [key, stateOf(child, eventTypes, redact)]),
    ),
    on,
    ...(node.always === undefined ? {} : { always: node.always.map(transitionOf) }),
    entry: node.entry.map(actionOf),
    exit: node.exit.map(actionOf),
    invoke: node.invoke.map(({ id, src }) => ({ id, src: typeof src === 'string' ? src : 'inline' })),
    tags: [...node.tags],
    order: node.order,
    ...(node.meta === undefined ? {} : { meta: toJson(node.meta, redact) }),
    ...(node.description === undefined ? {} : { description: node.description }),
  };
}

function transitionOf({ target, guard, actions, reenter, description }: TransitionLike) {
  return {
    ...(target === undefined ? {} : { target: target.map(({ id }) => `#${id}`) }),
    ...(guard === undefined ? {} : { cond: nameOf(guard, 'guard') }),
    ...(description === undefined ? {} : { description }),
    actions: actions.map(actionOf),
    internal: reenter !== true,
  };
}

function actionOf(action: unknown): { readonly type: string } {
  return { type: nameOf(action, 'inline') };
}

/** XState 4 carries out every action whose name begins with `xstate.`, so none may. */
function nameOf(named: unknown, otherwise: string): string {
  const { type, name } = Object(named) as { readonly type?: unknown; readonly name?: unknown };
  const found = [named, type, name].find((text) => typeof text === 'string' && text !== '') as string | undefined;
  return found?.replace(/^(xstate\.)+/, '') ?? otherwise;
}

function statusChart(name: string): Definition {
  const final = (key: string) => ({ id: `${name}.${key}`, key, type: 'final' });
  return {
    id: name,
    key: name,
    type: 'compound',
    initial: 'active',
    states: {
      active: { id: `${name}.active`, key: 'active' },
      done: final('done'),
      error: final('error'),
      stopped: final('stopped'),
    },
  };
}
