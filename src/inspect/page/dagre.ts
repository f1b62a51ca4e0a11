/** The layout library, with the types of what is used of it: its own do not resolve in an ES module. */
import * as untyped from '@dagrejs/dagre';
import type { Point } from '../run/space-time.js';

interface Sized {
  readonly width: number;
  readonly height: number;
}

/** An edge, once it is laid out. */
export interface LaidOutEdge extends Point {
  readonly points: readonly Point[];
  readonly label: string;
}

interface Edge {
  readonly v: string;
  readonly w: string;
  readonly name?: string;
}

/** A graph of boxes. */
export interface Graph {
  setGraph(options: Readonly<Record<string, unknown>>): void;
  setNode(id: string, size: Sized): void;
  setEdge(
    from: string,
    to: string,
    label: Sized & { readonly label: string; readonly labelpos?: string },
    name: string,
  ): void;
  node(id: string): Point;
  edges(): readonly Edge[];
  edge(edge: Edge): LaidOutEdge;
  graph(): Sized;
}

const dagre = untyped as unknown as {
  readonly Graph: new (options: { readonly multigraph: boolean }) => Graph;
  layout(graph: Graph): void;
};

/** Creates an empty graph, in which two boxes may be joined more than once. */
export function createGraph(): Graph {
  return new dagre.Graph({ multigraph: true });
}

/** Gives every box and edge its place. */
export function layOut(graph: Graph): void {
  dagre.layout(graph);
}
