/** A run for other eyes: as a picture, as a Mermaid diagram, for ShiViz. */
export { toSvg, type SvgOptions } from './svg.js';
export { toShiviz } from './shiviz.js';
export { toSequenceDiagram, toStateDiagram } from './mermaid.js';
