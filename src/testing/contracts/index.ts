/** Contracts for those who write a transport or a store: what each must do, as cases for any test runner. */
export type { ContractCase } from './contract.js';
export {
  transportContract,
  transportLivesContract,
  type RemoteTransportEnd,
  type TransportPair,
  type TransportPlace,
  type TransportTrio,
} from './transport-contract.js';
export {
  startTransportEnd,
  type TransportEnd,
  type TransportEndEvent,
  type TransportEndOptions,
} from './transport-end.js';
export { checkpointStoreContract } from './checkpoint-store-contract.js';
export { inputStoreContract } from './input-store-contract.js';
export type { StoreUnderTest } from './store-under-test.js';
