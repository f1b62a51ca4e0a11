import { describe } from 'vitest';
import demo from '../../demos/template/demo.js';
import { pins } from './pins.js';

describe('template', () => {
  pins(demo, {
    'snapshots with all the water': 5,
    'snapshots that are consistent': 5,
    'water is in the pipes': true,
  });
});
