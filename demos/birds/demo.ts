import { createNetwork, verifySnapshot, type SnapshotOf } from 'xstate-panorama';
import { captureState } from 'xstate-panorama/testing';
import { defineDemo } from '../runner/define-demo.js';
import { createRehearsal, type Rehearsal } from '../runner/rehearsal.js';
import type { Stage } from '../runner/stage.js';
import { draw } from './draw.js';
import config, { BEAT_MS, flock, places, type PanelId } from './network.js';
import { count, panoramaOf, pieceTogether, type Panorama } from './panorama.js';

const panelIds = Object.keys(places) as PanelId[];

/** How likely a channel delivers in one beat: birds are on their way for about two beats. */
const DELIVERY = 0.5;
/** How long the walking photographer needs for one panel, in beats. */
const BEATS_A_PANEL = 2;
/** Panoramas taken for the final count. */
const ROUNDS = 20;

type Sky = ReturnType<typeof openSky>;

function openSky(seed: number) {
  const rehearsal = createRehearsal(seed);
  const { schedule, clock } = rehearsal;
  const network = createNetwork(config, { schedule, clock });
  network.start();
  return { network, rehearsal };
}

const beat = (rehearsal: Rehearsal) => rehearsal.tick(BEAT_MS, DELIVERY);

/** The sky as it is at this moment, which nobody in it can see. */
const trueSky = ({ network }: Sky) => panoramaOf(captureState(network));

/** What two photographers of the same time brought home. */
interface Pictures {
  /** Of the one who walks from panel to panel. */
  readonly naive: Panorama;
  readonly snapshot: SnapshotOf<typeof config.processes>;
}

/** How far they are. */
interface Progress {
  readonly recorded: ReadonlySet<string>;
  readonly walked: number;
}

/** Takes a global snapshot, while somebody walks from panel to panel and takes a picture of each. */
async function photograph(sky: Sky, onBeat?: (progress: Progress) => Promise<void>): Promise<Pictures> {
  const { network, rehearsal } = sky;
  const recorded = new Set<string>();
  const watching = network.trace$.subscribe((event) => {
    if (event.type === 'state.recorded') recorded.add(event.process);
  });
  let isComplete = false;
  const taking = network.takeSnapshot({ initiators: [rehearsal.random.pick(panelIds)] });
  const completing = network.snapshots$.subscribe(() => (isComplete = true));
  const lookAt = (id: PanelId) => network.processes[id].actor.getSnapshot().context.birds;
  const walk = new Map<PanelId, ReturnType<typeof lookAt>>();
  for (let beats = 0; walk.size < panelIds.length || !isComplete; beats++) {
    const next = panelIds[walk.size];
    if (next !== undefined && beats % BEATS_A_PANEL === 0) walk.set(next, lookAt(next));
    beat(rehearsal);
    await onBeat?.({ recorded, walked: walk.size });
  }
  watching.unsubscribe();
  completing.unsubscribe();
  return { naive: pieceTogether((id) => walk.get(id)!), snapshot: await taking };
}

const isExact = (panorama: Panorama) => {
  const { missing, doubled } = count(panorama);
  return missing.length === 0 && doubled.length === 0;
};

const isRight = ({ snapshot }: Pictures) => isExact(panoramaOf(snapshot)) && verifySnapshot(snapshot).consistent;

async function tell(stage: Stage): Promise<void> {
  const sky = openSky(4);
  stage.say({
    en: `${panelIds.length} panels of sky, each an XState actor; ${flock.length} birds, a to ${flock.at(-1)!}, cross from panel to panel over ${config.channels.length} channels.\n`,
    zh: `${panelIds.length} 块天空，每块是一个 XState actor；${flock.length} 只鸟（a 到 ${flock.at(-1)!}）经 ${config.channels.length} 条通道在各块之间飞来飞去。\n`,
  });
  for (let beats = 0; beats < 25; beats++) {
    beat(sky.rehearsal);
    await stage.frame(draw(trueSky(sky), stage));
  }
  stage.say({ en: 'The sky as it is when two photographers begin:', zh: '两位摄影师开始时天空的真实样子：' });
  stage.print(draw(trueSky(sky), stage));
  const first = await photograph(sky, ({ recorded, walked }) => {
    const caption = {
      en: `● recorded by Chandy–Lamport: ${recorded.size} of ${panelIds.length} panels; the walker has ${walked}`,
      zh: `● Chandy–Lamport 已记录 ${recorded.size}/${panelIds.length} 块；步行者已拍 ${walked} 块`,
    };
    return stage.frame(`${draw(trueSky(sky), stage, recorded)}\n${stage.text(caption)}`);
  });
  show(stage, first);
  const all = [first];
  while (all.length < ROUNDS) all.push(await photograph(sky));
  sky.network.stop();
  conclude(stage, all);
}

function show(stage: Stage, { naive, snapshot }: Pictures): void {
  const { color } = stage;
  const { missing, doubled } = count(naive);
  const names = (birds: readonly string[]) => birds.join(' ') || '–';
  stage.say({
    en: '\nThe walker’s panorama, one panel after the other while the birds fly on:',
    zh: '\n步行者的全景：鸟还在飞，他一块接一块地拍：',
  });
  stage.print(draw(naive, stage));
  stage.say({
    en: color.red(`missing: ${names(missing)}    twice: ${names(doubled)}`),
    zh: color.red(`缺失：${names(missing)}    重复：${names(doubled)}`),
  });
  stage.say({
    en: `\nThe panorama of Chandy–Lamport, begun by ${snapshot.initiators.join(', ')}; ${snapshot.stats.messages} birds on the lines were in flight between panels:`,
    zh: `\nChandy–Lamport 的全景，由 ${snapshot.initiators.join('、')} 发起；边线上的 ${snapshot.stats.messages} 只鸟正在两块之间：`,
  });
  stage.print(draw(panoramaOf(snapshot), stage));
  stage.say({
    en: color.green(`missing: –    twice: –    ${flock.length} birds, each exactly once`),
    zh: color.green(`缺失：–    重复：–    ${flock.length} 只鸟，每只恰好一次`),
  });
}

function conclude({ say }: Stage, all: readonly Pictures[]): void {
  const right = all.filter(isRight).length;
  const naive = all.filter(({ naive }) => isExact(naive)).length;
  say({
    en: `\n${all.length} panoramas of the same sky: Chandy–Lamport has every bird exactly once in ${right}, the walker in ${naive}; no bird was ever asked to hold still.`,
    zh: `\n同一片天空的 ${all.length} 幅全景：Chandy–Lamport 有 ${right} 幅每只鸟恰好一次，步行者有 ${naive} 幅；没有一只鸟被要求停下。`,
  });
  if (right !== all.length)
    throw new Error(`Expected every bird exactly once in ${all.length} panoramas, got ${right}.`);
}

export default defineDemo({
  summary: {
    en: 'the paper’s picture: a panorama of a sky full of birds, none missing, none twice',
    zh: '论文里的图景：拍下满天飞鸟的全景，一只不少，一只不重',
  },
  tell,
  claims: {
    seeds: 30,
    always: { 'panoramas with every bird exactly once': 3, 'panoramas that are consistent': 3 },
    sometimes: ['the walker misses a bird', 'the walker has a bird twice', 'a bird is on the line between two panels'],
    async run(seed) {
      const sky = openSky(seed);
      const all: Pictures[] = [];
      for (let round = 0; round < 3; round++) all.push(await photograph(sky));
      sky.network.stop();
      const naive = all.map((pictures) => count(pictures.naive));
      return {
        'panoramas with every bird exactly once': all.filter(({ snapshot }) => isExact(panoramaOf(snapshot))).length,
        'panoramas that are consistent': all.filter(({ snapshot }) => verifySnapshot(snapshot).consistent).length,
        'the walker misses a bird': naive.some(({ missing }) => missing.length > 0),
        'the walker has a bird twice': naive.some(({ doubled }) => doubled.length > 0),
        'a bird is on the line between two panels': all.some(({ snapshot }) => snapshot.stats.messages > 0),
      };
    },
  },
});
