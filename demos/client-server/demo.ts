/** A server and three clients, each a program of its own; their connections are cut while a snapshot is taken. */
import { fork, type ChildProcess } from 'node:child_process';
import { on } from 'node:events';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createNetwork, verifySnapshot } from 'xstate-panorama';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import network, { TICKETS } from './network.js';
import { ticketsIn, type SaleSnapshot } from './tickets.js';

const KIOSKS = ['north', 'south', 'west'] as const;

/** What the server's program says. */
interface Said {
  readonly port?: number;
  readonly connected?: string;
  readonly snapshot?: SaleSnapshot;
  readonly error?: string;
}

async function tell(stage: Stage): Promise<void> {
  const programs: ChildProcess[] = [];
  const start = (file: string, ...args: string[]) => {
    const program = startProgram(file, args);
    programs.push(program);
    return program;
  };
  try {
    const server = start('server.ts');
    const said = on(server, 'message', { signal: stage.signal }) as AsyncIterableIterator<[Said]>;
    const { port } = await next(said, 'port');
    for (const id of KIOSKS) start('client.ts', id, String(port));
    for (const _ of KIOSKS) await next(said, 'connected');
    stage.say({
      en: `A ticket office and ${KIOSKS.length} kiosks, each in a program of its own, over WebSockets.`,
      zh: `一个售票处和 ${KIOSKS.length} 个售票亭，各在自己的程序里，经 WebSocket 相连。`,
    });

    await sleep(300, undefined, { signal: stage.signal });
    server.send('snapshot');
    const before = (await next(said, 'snapshot')).snapshot!;
    await sleep(300, undefined, { signal: stage.signal });
    server.send('cut');
    server.send('snapshot'); // no marker gets through until the clients have connected again
    const during = (await next(said, 'snapshot')).snapshot!;
    show(stage, before, during);

    const isRight = [before, during].every(
      (snapshot) => verifySnapshot(snapshot).consistent && ticketsIn(snapshot).isComplete,
    );
    stage.say({
      en: `All connections were cut in the second snapshot; it waited for them, and like the first it has each of ${TICKETS} tickets once.`,
      zh: `第二个快照期间所有连接都被切断；它等到重新连上，和第一个一样，${TICKETS} 张票每张恰好一次。`,
    });
    if (!isRight) throw new Error(`Expected each of ${TICKETS} tickets once in both snapshots.`);
  } finally {
    for (const program of programs) program.kill();
  }
}

/** A program of this folder; it ends when this one does. */
function startProgram(file: string, args: readonly string[]): ChildProcess {
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--import', tsx],
    serialization: 'advanced',
  });
}

/** Waits until the server says this; what else it says is passed over. */
async function next(said: AsyncIterableIterator<[Said]>, what: keyof Said): Promise<Said> {
  for (;;) {
    const { value, done } = (await said.next()) as IteratorResult<[Said], undefined>;
    if (done || value[0].error !== undefined) throw new Error(value?.[0].error ?? 'The server has ended.');
    if (what in value[0]) return value[0];
  }
}

function show(stage: Stage, ...snapshots: SaleSnapshot[]): void {
  const found = snapshots.map(ticketsIn);
  stage.table(
    [
      { en: 'tickets', zh: '票' },
      { en: 'first snapshot', zh: '第一个快照' },
      { en: 'while connections were cut', zh: '连接切断期间' },
    ],
    [
      [stage.text({ en: 'in the office', zh: '售票处' }), ...found.map(({ inTheOffice }) => inTheOffice)],
      ...KIOSKS.map((id) => [id, ...found.map(({ sold }) => sold[id]!)]),
      [stage.text({ en: 'on their way', zh: '在途' }), ...found.map(({ inFlight }) => inFlight)],
      [stage.text({ en: 'orders on their way', zh: '在途的订单' }), ...found.map(({ orders }) => orders)],
    ],
  );
}

/** Snapshots in one run under a seed. */
const SNAPSHOTS = 5;

export default defineDemo({
  summary: {
    en: 'a WebSocket server and its clients; connections are cut, and snapshots stay right',
    zh: 'WebSocket 服务器和它的客户端；连接被切断，快照依然正确',
  },
  tell,
  claims: {
    seeds: 20,
    always: { 'snapshots with every ticket once': SNAPSHOTS, 'snapshots that are consistent': SNAPSHOTS },
    sometimes: ['tickets are on their way', 'orders are on their way'],
    async run(seed) {
      const rehearsal = createRehearsal(seed);
      const sale = createNetwork(network, rehearsal);
      sale.start();
      const snapshots: SaleSnapshot[] = [];
      while (snapshots.length < SNAPSHOTS) {
        for (let n = 0; n < 15; n++) rehearsal.tick(4, 0.4);
        const taking = sale.takeSnapshot({ initiators: [rehearsal.random.pick(['office', ...KIOSKS] as const)] });
        rehearsal.settle();
        snapshots.push(await taking);
      }
      sale.stop();
      const found = snapshots.map(ticketsIn);
      return {
        'snapshots with every ticket once': found.filter(({ isComplete }) => isComplete).length,
        'snapshots that are consistent': snapshots.filter((snapshot) => verifySnapshot(snapshot).consistent).length,
        'tickets are on their way': found.some(({ inFlight }) => inFlight > 0),
        'orders are on their way': found.some(({ orders }) => orders > 0),
      };
    },
  },
});
