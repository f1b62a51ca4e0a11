import { fullMesh, type NetworkConfig } from 'xstate-panorama';
import { account } from './account.js';

const balances = { alice: 1000, bob: 500, carol: 250, dave: 800, erin: 450 };
type Owner = keyof typeof balances;

const owners = Object.keys(balances) as Owner[];

const open = (owner: Owner, index: number) => ({
  logic: account,
  input: { balance: balances[owner], others: owners.filter((other) => other !== owner), pauseMs: 1 + (index % 3) },
});

/** All the money that there is: no payment changes it. */
export const total = Object.values(balances).reduce((sum, balance) => sum + balance, 0);

/** Five accounts, each with a channel to every other one: 20 channels. */
export default {
  processes: {
    alice: open('alice', 0),
    bob: open('bob', 1),
    carol: open('carol', 2),
    dave: open('dave', 3),
    erin: open('erin', 4),
  },
  channels: fullMesh(owners),
} satisfies NetworkConfig;
