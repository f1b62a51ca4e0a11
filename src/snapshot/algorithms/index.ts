/** Ways to take snapshots: one module an algorithm, over the same channels, supervisor and verifier. */
import type { createColouringMachine, createProcessMachine, createStoppingMachine } from '../../../machines/index.js';
import type { AlgorithmName } from '../algorithm-names.js';
import type { Algorithm } from './algorithm.js';
import { chandyLamport } from './chandy-lamport.js';
import { laiYang } from './lai-yang.js';
import { mattern } from './mattern.js';
import { stopDrainRecord } from './stop-drain-record.js';

export type { Algorithm } from './algorithm.js';
export { chandyLamport };

/** The statecharts by which the algorithms decide. */
export interface AlgorithmCharts {
  readonly createProcessMachine: typeof createProcessMachine;
  readonly createColouringMachine: typeof createColouringMachine;
  readonly createStoppingMachine: typeof createStoppingMachine;
}

/** Creates an algorithm. */
export function createAlgorithm(name: AlgorithmName, charts: AlgorithmCharts): Algorithm {
  switch (name) {
    case 'chandy-lamport':
      return chandyLamport(charts.createProcessMachine);
    case 'lai-yang':
      return laiYang(charts.createColouringMachine);
    case 'mattern':
      return mattern(charts.createColouringMachine);
    case 'stop-drain-record':
      return stopDrainRecord(charts.createStoppingMachine);
  }
}
