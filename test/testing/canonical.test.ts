import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../src/testing/canonical.js';

describe('the canonical text', () => {
  const cycle = (name: string) => {
    const node: Record<string, unknown> = { name };
    node.self = { node };
    return node;
  };
  const error = (message: string) => Object.assign(new Error(message), { stack: String(Math.random()) });

  it.each([
    ['keys', { a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }],
    ['entries of a Map', new Map([['a', 1], ['b', 2]]), new Map([['b', 2], ['a', 1]])], // prettier-ignore
    ['items of a Set', new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])],
    ['where an error was thrown', error('x'), error('x')],
    ['cycles', cycle('x'), cycle('x')],
    ['no prototype', Object.assign(Object.create(null) as object, { a: 1 }), { a: 1 }],
    ['shared references', [cycle('y'), cycle('y')], Array.from({ length: 2 }, () => cycle('y'))],
  ])('is the same whatever the order or identity: %s', (_, one, other) => {
    expect(canonicalText(one)).toBe(canonicalText(other));
  });

  it('is another for all data that differs', () => {
    const texts = [
      0, -0, 1, '1', 1n, NaN, true, 'true', null, 'null', undefined, 'undefined', {}, [], [undefined], [null], [,], [[]],
      { a: undefined }, { a: null }, { a: 1 }, { 'a:1': 1 }, ['a', 'b'], ['a,b'], '["a","b"]', new Map(), new Set(),
      new Map([[1, 2]]), new Map([['1', 2]]), new Set([1, 2]), new Set(['1', '2']), new Date(0), new Date(1), new Date(NaN),
      /a/, /a/g, error('a'), error('b'), new TypeError('a'), new Error('a', { cause: 1 }), new Uint8Array([1]),
      new Int8Array([1]), new ArrayBuffer(1), cycle('a'), cycle('b'), { name: 'a', self: { node: { name: 'a' } } },
    ].map(canonicalText); // prettier-ignore
    expect(new Set(texts).size).toBe(texts.length);
  });
});
