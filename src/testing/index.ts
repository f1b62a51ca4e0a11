/** Tools that show the correctness of a network in a way that can be repeated. */
export { captureState } from './capture-state.js';
