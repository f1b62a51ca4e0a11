/** Shows XState 5 actors in `@xstate/inspect` 0.8, which speaks XState 4. */
export { createBridge, type Bridge, type BridgeOptions, type NetworkLike } from './bridge.js';
export type { Redact } from './plain.js';
export type { DevTools, Service, StateJson } from './service.js';
export type { Definition } from './definition.js';
export type { ActorLike, ActorRefLike, EventLike, InspectionEventLike } from './v5.js';
/** `@xstate/inspect` itself, beside the XState 4 that it needs. */
export { createDevTools, createWebSocketReceiver, createWindowReceiver, inspect } from '@xstate/inspect';
