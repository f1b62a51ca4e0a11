import { describe } from 'vitest';
import demo from '../../demos/bank/demo.js';
import { pins } from './pins.js';

describe('bank', () => {
  pins(demo, {
    'snapshots with the exact sum': 5,
    'snapshots that are consistent': 5,
    'money is in flight': true,
    'asking everyone gives another sum': true,
  });
});
