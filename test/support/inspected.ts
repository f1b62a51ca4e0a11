import { createInspector, type InspectorEvent, type InspectorOptions } from '../../src/inspect/index.js';
import { createManualSchedule, createNetwork, fullMesh } from '../../src/index.js';
import { account } from './account.js';

/** A bank of accounts under a manual schedule, looked at by a viewer who takes everything. */
export function inspectedBank(options: InspectorOptions = {}, ids: readonly string[] = ['alice', 'bob', 'carol']) {
  const schedule = createManualSchedule();
  const network = createNetwork(
    {
      processes: Object.fromEntries(ids.map((id) => [id, { logic: account, input: { balance: 100 } }])),
      channels: fullMesh(ids),
    },
    { schedule },
  );
  const inspector = createInspector(options);
  inspector.watch(network);
  const events: InspectorEvent[] = [];
  const connection = inspector.connect({ receive: (more) => void events.push(...more) });
  const pay = (from: string, to: string, amount: number) => network.send(from, { type: 'PAY', to, amount });
  return { network, schedule, inspector, connection, events, pay };
}
