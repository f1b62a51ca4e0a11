import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { createManualSchedule, createNetwork, createSeededSchedule, fullMesh, ring } from '../../src/index.js';
import { account } from '../support/account.js';

const a = { logic: account, input: { balance: 1 } };
const actor = createActor(account, { input: { balance: 1 } });
const create = (config: unknown, options?: unknown) => () => createNetwork(config as never, options as never);

describe('bad input is refused where it comes in, saying what was expected and what was got', () => {
  it.each<[string, () => unknown, RegExp]>([
    ['no config', create(undefined), /network config.*got undefined/],
    ['an empty network', create({ processes: {}, channels: [] }), /at least one process/],
    ['an id with an arrow', create({ processes: { 'a->b': a }, channels: [] }), /without "->".*"a->b"/],
    ['an empty id', create({ processes: { '': a }, channels: [] }), /non-empty string/],
    [
      'something that is no logic',
      create({ processes: { a: 42 }, channels: [] }),
      /"a" to be XState actor logic.*got 42/,
    ],
    [
      'an actor',
      create({ processes: { a: actor }, channels: [] }),
      /"a" to be XState actor logic.*an actor.*`attachProcess`/,
    ],
    [
      'an actor as logic',
      create({ processes: { a: { logic: actor } }, channels: [] }),
      /"a" to be XState actor logic.*an actor/,
    ],
    ['an unknown process', create({ processes: { a }, channels: [['a', 'z']] }), /process \(a\), got "z"/],
    [
      'a channel twice',
      create({
        processes: { a },
        channels: [
          ['a', 'a'],
          ['a', 'a'],
        ],
      }),
      /each channel once, got "a->a"/,
    ],
    ['a channel that is no pair', create({ processes: { a }, channels: ['a->a'] }), /pair \[from, to\]/],
    ['a bad schedule', create({ processes: { a }, channels: [] }, { schedule: {} }), /`schedule`/],
    ['a bad clock', create({ processes: { a }, channels: [] }, { clock: {} }), /`clock`/],
    ['a seed that is no integer', () => createSeededSchedule(0.5), /`seed`.*got 0.5/],
    ['a repeated id in a mesh', () => fullMesh(['a', 'a']), /once, got "a"/],
    ['a repeated id in a ring', () => ring(['a', 'a']), /once, got "a"/],
    ['nothing to deliver', () => createManualSchedule().deliver('a->b'), /something pending \(none now\), got "a->b"/],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  it.each<[string, unknown, RegExp]>([
    ['an unknown initiator', { initiators: ['z'] }, /process \(a\), got "z"/],
    ['an initiator twice', { initiators: ['a', 'a'] }, /each initiator once, got "a"/],
    ['no initiator', { initiators: [] }, /non-empty array/],
    ['a negative timeout', { timeoutMs: -1 }, /`timeoutMs`.*got -1/],
    ['a timeout that is no number', { timeoutMs: '1s' }, /`timeoutMs`.*got "1s"/],
    ['a bad limit', { maxMessages: NaN }, /`maxMessages`.*got NaN/],
    ['a signal that is none', { signal: {} }, /AbortSignal/],
  ])('takeSnapshot: %s', (_, options, message) => {
    const network = createNetwork({ processes: { a }, channels: [] });
    network.start();
    expect(() => network.takeSnapshot(options as never)).toThrow(message);
    network.stop();
  });

  it('send: an unknown process, or no event', () => {
    const network = createNetwork({ processes: { a }, channels: [] });
    network.start();
    expect(() => network.send('z' as never, { type: 'X' } as never)).toThrow(/process \(a\) to send to, got "z"/);
    expect(() => network.send('a', 'X' as never)).toThrow(/event object.*got "X"/);
    network.stop();
  });
});
