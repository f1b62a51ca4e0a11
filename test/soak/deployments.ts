/** Whole deployments of the bank, killed, frozen, doubled and cut off in ever other ways. */
import { simulateDeployment, type DeploymentReport } from '../../src/testing/index.js';
import { bankTown, moneyIn, payments, startsClients, townWithStandby } from '../support/bank-town.js';

/** How much worse than by default it is in some runs. */
const ROUGH = { kill: 0.01, pause: 0.005, twin: 0.004, cut: 0.005, hold: 0.005, jump: 0.004, disk: 0.004 };
const MONEY = 400;

/** The kinds of deployments, which take turns. */
const KINDS = [
  { programs: bankTown() },
  { programs: bankTown(), faults: ROUGH },
  { programs: bankTown(startsClients), restart: ['hub'] },
  { programs: townWithStandby() },
] as const;

/** Simulates some deployments. Rejects as `simulateDeployment` does. @param round Which kind they are of. */
export function soakDeployments(round: number, seed: number, runs: number): Promise<DeploymentReport> {
  return simulateDeployment({
    ...KINDS[round % KINDS.length]!,
    seed,
    runs,
    traffic: payments,
    properties: {
      always: {
        'money is exact': (snapshot) => {
          if (moneyIn(snapshot) !== MONEY) throw new Error(`it is ${moneyIn(snapshot)} instead of ${MONEY}`);
        },
      },
    },
  });
}
