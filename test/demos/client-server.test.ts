import { describe } from 'vitest';
import demo from '../../demos/client-server/demo.js';
import { pins } from './pins.js';

describe('client-server', () => {
  pins(demo, {
    'snapshots with every ticket once': 5,
    'snapshots that are consistent': 5,
    'tickets are on their way': true,
    'orders are on their way': true,
  });
});
