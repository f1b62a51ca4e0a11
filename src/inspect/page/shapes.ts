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

/** Draws a square, which stands for a control message. */
export function square(context: CanvasRenderingContext2D, { x, y }: Point, size: number): void {
  context.beginPath();
  context.rect(x - size, y - size, size * 2, size * 2);
  context.fill();
}

/** Draws a cross where something ended. */
export function cross(context: CanvasRenderingContext2D, { x, y }: Point, size: number): void {
  context.beginPath();
  for (const turn of [-1, 1]) {
    context.moveTo(x - size, y - size * turn);
    context.lineTo(x + size, y + size * turn);
  }
  context.stroke();
}
