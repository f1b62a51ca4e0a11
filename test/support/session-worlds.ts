/** The worlds in which sessions are explored, and what is found in each: see `test/links/session-explored.test.ts`. */
import type { WorldOptions } from './session-world.js';

/** What there is in a world. */
export interface Census {
  readonly states: number;
  readonly depth: number;
  readonly settled: number;
  /** What has happened on some path, beyond connecting. */
  readonly seen: string;
}

/** An office and one life of a tab, which say an item each. */
export const one: WorldOptions = { lives: 1, medium: 'shared', officeSays: 1, tabSays: 1 };
/** Two lives of a tab, where everybody hears everything. */
export const two: WorldOptions = { lives: 2, medium: 'shared', officeSays: 0, tabSays: 0 };
/** Two lives of a tab, each with a socket. */
const sockets: WorldOptions = { lives: 2, medium: 'sockets', officeSays: 1, tabSays: 0 };
const ports: WorldOptions = { lives: 2, medium: 'ports', officeSays: 1, tabSays: 1 };

/** Explored whenever the tests run. */
export const WORLDS: Readonly<Record<string, readonly [WorldOptions, Census]>> = {
  'one life, two items from the office': [
    { ...one, officeSays: 2 },
    { states: 3913, depth: 26, settled: 20, seen: '' },
  ],
  'one life, two losses': [
    { ...one, faults: { lose: 2 } },
    { states: 3836, depth: 24, settled: 35, seen: 'lose' },
  ],
  'one life, a loss, a repeat, a swap': [
    { ...one, faults: { lose: 1, repeat: 1, swap: 1 } },
    { states: 104461, depth: 30, settled: 155, seen: 'lose, repeat, swap' },
  ],
  'one life, two cuts': [
    { ...one, tabSays: 0, faults: { cut: 2 } },
    { states: 2444, depth: 30, settled: 80, seen: 'cut, parted: gone, parted: replaced' },
  ],
  'one life, a cut and a loss, asking': [
    { ...one, asks: true, faults: { cut: 1, lose: 1 } },
    { states: 102823, depth: 33, settled: 946, seen: 'cut, lose, parted: gone, parted: replaced, silent' },
  ],
  'one life, frozen, and a loss, asking': [
    { ...one, asks: true, faults: { freeze: 1, lose: 1 } },
    { states: 104188, depth: 34, settled: 259, seen: 'freeze, lose, parted: gone, parted: replaced, silent' },
  ],
  'one life, deaf and dumb for long, asking': [
    { ...one, tabSays: 0, asks: true, faults: { lose: 8 } },
    { states: 56730, depth: 41, settled: 1740, seen: 'lose, parted: gone, parted: replaced, silent' },
  ],
  'one life, going back, and a repeat': [
    { ...one, tabSays: 0, faults: { goBack: 1, repeat: 1 } },
    { states: 15865, depth: 25, settled: 105, seen: 'goBack, repeat, wentBack' },
  ],
  'one life, going back twice': [
    { ...one, tabSays: 0, faults: { goBack: 2 } },
    { states: 13770, depth: 28, settled: 188, seen: 'goBack, wentBack' },
  ],
  'one life, another office, and a loss': [
    { ...one, faults: { renewOffice: 1, lose: 1 } },
    {
      states: 15094,
      depth: 27,
      settled: 169,
      seen: 'lose, parted: replaced, renewOffice, renewed, renewed while connected',
    },
  ],
  'one life, another office, and a repeat': [
    { ...one, tabSays: 0, faults: { renewOffice: 1, repeat: 1 } },
    {
      states: 8878,
      depth: 24,
      settled: 65,
      seen: 'parted: replaced, renewOffice, renewed, renewed while connected, repeat',
    },
  ],
  'one life that stops, and a cut': [
    { ...one, faults: { stop: 1, cut: 1 } },
    { states: 9174, depth: 29, settled: 240, seen: 'cut, failed, parted: gone, parted: left, parted: replaced, stop' },
  ],
  'one life that stops, and a loss, asking': [
    { ...one, asks: true, faults: { stop: 1, lose: 1 } },
    { states: 10326, depth: 25, settled: 111, seen: 'failed, lose, parted: gone, parted: left, silent, stop' },
  ],
  'one life that is killed, and a loss, asking': [
    { ...one, asks: true, faults: { kill: 1, lose: 1 } },
    { states: 6218, depth: 22, settled: 150, seen: 'kill, lose, parted: gone' },
  ],
  'two lives': [two, { states: 16059, depth: 31, settled: 16, seen: 'outbid, parted: replaced, superseded' }],
  'two lives, clocks that fall': [
    { ...two, clocks: 'falling' },
    { states: 24624, depth: 30, settled: 22, seen: 'outbid, parted: replaced, superseded' },
  ],
  'two lives, begun at once': [
    { ...two, clocks: 'equal' },
    { states: 24624, depth: 30, settled: 22, seen: 'outbid, parted: replaced, superseded' },
  ],
  'two lives, and a loss': [
    { ...two, faults: { lose: 1 } },
    { states: 109523, depth: 40, settled: 55, seen: 'lose, outbid, parted: replaced, superseded' },
  ],
  'two lives, one frozen, asking': [
    { ...two, asks: true, faults: { freeze: 1 } },
    {
      states: 166605,
      depth: 42,
      settled: 52,
      seen: 'freeze, outbid, parted: gone, parted: replaced, silent, superseded',
    },
  ],
  'two lives, one stops': [
    { ...two, faults: { stop: 1 } },
    { states: 24144, depth: 31, settled: 64, seen: 'outbid, parted: left, parted: replaced, stop, superseded' },
  ],
  'two lives, one is killed': [
    { ...two, faults: { kill: 1 } },
    { states: 23852, depth: 31, settled: 64, seen: 'kill, outbid, parted: gone, parted: replaced, superseded' },
  ],
  'two lives, and an item': [
    { ...two, officeSays: 1 },
    { states: 116503, depth: 40, settled: 39, seen: 'outbid, parted: replaced, superseded' },
  ],
  'two sockets, and an item': [
    sockets,
    { states: 31556, depth: 31, settled: 44, seen: 'cut, outbid, parted: gone, parted: replaced, superseded' },
  ],
  'two sockets, one is killed': [
    { ...sockets, faults: { kill: 1 } },
    { states: 78533, depth: 35, settled: 609, seen: 'cut, kill, outbid, parted: gone, parted: replaced, superseded' },
  ],
  'one socket, a cut': [
    { ...sockets, lives: 1, tabSays: 1, faults: { cut: 1 } },
    { states: 6410, depth: 23, settled: 216, seen: 'cut, parted: gone, parted: replaced' },
  ],
  'one socket, another office': [
    { ...sockets, lives: 1, tabSays: 1, faults: { renewOffice: 1 } },
    {
      states: 3045,
      depth: 21,
      settled: 129,
      seen: 'cut, parted: gone, parted: replaced, renewOffice, renewed, renewed while connected',
    },
  ],
  'ports of three lives': [
    { ...ports, lives: 3, officeSays: 1, tabSays: 1 },
    { states: 34906, depth: 27, settled: 1202, seen: 'parted: replaced' },
  ],
  'ports of two lives, going back': [
    { ...ports, tabSays: 0, faults: { goBack: 1 } },
    { states: 8596, depth: 27, settled: 194, seen: 'goBack, parted: replaced, wentBack' },
  ],
  'ports of two lives, one stops': [
    { ...ports, faults: { stop: 1 } },
    { states: 11415, depth: 23, settled: 514, seen: 'parted: left, parted: replaced, stop' },
  ],
  'ports of two lives, one frozen, asking': [
    { ...ports, tabSays: 0, asks: true, faults: { freeze: 1 } },
    { states: 9785, depth: 32, settled: 156, seen: 'freeze, parted: gone, parted: replaced, silent' },
  ],
};

/** Explored when they are asked for: minutes, and gigabytes. */
export const LARGE_WORLDS: typeof WORLDS = {
  'two lives, and a repeat': [
    { ...two, faults: { repeat: 1 } },
    { states: 238420, depth: 35, settled: 36, seen: 'outbid, parted: replaced, repeat, superseded' },
  ],
  'two lives, and a swap': [
    { ...two, faults: { swap: 1 } },
    { states: 118587, depth: 35, settled: 44, seen: 'outbid, parted: replaced, superseded, swap' },
  ],
  'two lives, and a cut': [
    { ...two, faults: { cut: 1 } },
    { states: 226287, depth: 39, settled: 76, seen: 'cut, outbid, parted: gone, parted: replaced, superseded' },
  ],
  'two lives, another office': [
    { ...two, faults: { renewOffice: 1 } },
    {
      states: 418509,
      depth: 44,
      settled: 47,
      seen: 'outbid, parted: replaced, renewOffice, renewed, renewed while connected, superseded',
    },
  ],
  'two lives, and a loss, asking': [
    { ...two, asks: true, faults: { lose: 1 } },
    { states: 193886, depth: 43, settled: 85, seen: 'lose, outbid, parted: replaced, superseded' },
  ],
};
