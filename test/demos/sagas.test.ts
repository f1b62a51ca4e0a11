import { describe, expect, it } from 'vitest';
import { shippedUnpaid } from '../../demos/sagas/books.js';
import demo from '../../demos/sagas/demo.js';
import { pins } from './pins.js';
import { tell } from './tell.js';

describe('sagas', () => {
  pins(demo, {
    'snapshots with goods shipped unpaid': 0,
    'faults in the books at the end': 0,
    'faults in the books after a restore': 0,
    'all snapshots are consistent': true,
    'reading one service after the other sees goods shipped unpaid': false,
    'a saga ran out of patience and was undone': true,
    'a snapshot has a promise in flight': true,
    'a card was declined': true,
    'goods were sold out': true,
  });

  it('tells of false alarms, of a crash, and of right books', async () => {
    expect(await tell(demo, 'en')).toMatch(
      /nobody paid for, [1-9] times[\s\S]*The snapshots: 0 times[\s\S]*power fails[\s\S]*restored shop are right\./,
    );
  });

  it('would see goods shipped unpaid', () => {
    const stock = { shelf: 0, reserved: {}, shipped: { 'order-1': 1, 'order-2': 1 } };
    expect(shippedUnpaid(stock, { requests: [], taken: { 'order-2': 10 } })).toEqual(['order-1']);
  });
});
