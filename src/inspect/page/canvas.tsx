/** A canvas that is painted when something has changed, or as long as something moves. */
import { effect, type ReadonlySignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

/** The size of what is painted, in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Paints. @returns Whether something still moves. */
export type Paint = (context: CanvasRenderingContext2D, size: Size) => boolean;

interface CanvasProps {
  readonly paint: Paint;
  /** What it shows, for those who do not see it. */
  readonly label: string;
  /** It is painted again when one of these changes; always the same ones. */
  readonly when: readonly ReadonlySignal[];
  /** In pixels; default: that of the element around it. */
  readonly height?: number;
}

/** A canvas as wide as the element around it. */
export function Canvas({ paint, label, when, height }: CanvasProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const latest = useRef(paint);
  latest.current = paint;
  useEffect(() => {
    const canvas = ref.current!;
    const context = canvas.getContext('2d')!;
    let frame = 0;
    const draw = () => {
      frame = 0;
      const { clientWidth, clientHeight } = canvas;
      const [width, tall] = [Math.round(clientWidth * devicePixelRatio), Math.round(clientHeight * devicePixelRatio)];
      if (canvas.width !== width || canvas.height !== tall) Object.assign(canvas, { width, height: tall });
      context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
      context.clearRect(0, 0, clientWidth, clientHeight);
      if (latest.current(context, { width: clientWidth, height: clientHeight })) request();
    };
    const request = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    const observer = new ResizeObserver(request);
    observer.observe(canvas);
    const stop = effect(() => {
      for (const { value } of when) void value;
      request();
    });
    return () => {
      observer.disconnect();
      stop();
      cancelAnimationFrame(frame);
    };
  }, []);
  return (
    <canvas ref={ref} role="img" aria-label={label} style={height === undefined ? {} : { height: `${height}px` }} />
  );
}
