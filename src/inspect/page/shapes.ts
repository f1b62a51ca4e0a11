/** Shapes that are painted in several pictures. */
import type { Point } from '../run/space-time.js';

/** Makes a diamond the path. */
export function diamond(context: CanvasRenderingContext2D, { x, y }: Point, size: number): void {
  context.beginPath();
  context.moveTo(x, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y + size);
  context.lineTo(x - size, y);
  context.closePath();
  context.fill();
}

/** Draws an arrow's head. */
export function arrowHead(context: CanvasRenderingContext2D, { x, y }: Point, angle: number, size: number): void {
  context.beginPath();
  context.moveTo(x, y);
  for (const turn of [2.7, -2.7]) context.lineTo(x + Math.cos(angle + turn) * size, y + Math.sin(angle + turn) * size);
  context.closePath();
  context.fill();
}
