/** One tab: its player, the meeting of all tabs, and what there is to see. */
import { createProcess, verifySnapshot } from 'xstate-panorama';
import { allCoins, coinsInFlight, coinsOfTabs, type TabsSnapshot } from '../coins.js';
import { COINS } from '../network.js';
import { player } from '../player.js';
import { joinMeeting } from './meeting.js';
import { say } from './words.js';

const id = crypto.randomUUID().slice(0, 8);
const tab = createProcess(player, { id, input: { coins: COINS } });
const find = (name: string) => document.getElementById(name)!;

function show(name: string, text: string): void {
  find(name).textContent = text;
}

/** Takes a snapshot of all tabs, and shows whose coins are where. */
async function takeSnapshot(): Promise<void> {
  try {
    const snapshot = (await tab.takeSnapshot({ timeoutMs: 5000 })) as TabsSnapshot;
    const rows: [string, number][] = [
      ...coinsOfTabs(snapshot),
      [say.inFlight, coinsInFlight(snapshot)],
      [say.sum, allCoins(snapshot)],
    ];
    find('rows').replaceChildren(...rows.map(createRow));
    show('verdict', say.verdict(verifySnapshot(snapshot).consistent));
  } catch (error) {
    show('verdict', String(error)); // a tab was closed meanwhile, or is asleep: it says which
  }
}

function createRow(cells: readonly (string | number)[]): HTMLTableRowElement {
  const row = document.createElement('tr');
  for (const cell of cells) row.insertCell().textContent = String(cell);
  return row;
}

for (const name of ['title', 'another', 'snapshot', 'tab', 'coins'] as const) show(name, say[name]);
show('intro', say.intro(COINS));
document.title = `${say.title} · ${id}`;
find('id').textContent = id;
find('snapshot').addEventListener('click', () => void takeSnapshot());
find('another').addEventListener('click', () => void open(location.href, '_blank'));

tab.actor.subscribe(({ context }) => {
  show('has', say.has(context.coins));
  show('others', say.others(context.others.length));
});
tab.start();
addEventListener('pagehide', ({ persisted }) => {
  if (!persisted) tab.stop();
});
joinMeeting({
  id,
  name: 'xstate-panorama tabs',
  process: tab,
  onJoined: (peer) => tab.send({ type: 'JOINED', id: peer }),
  onGone: (peer) => tab.send({ type: 'GONE', id: peer }),
});
