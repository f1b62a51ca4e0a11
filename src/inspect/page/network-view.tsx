/** The network: processes in a circle, what travels between them, and the shutter on each. */
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { Canvas, type Size } from './canvas.js';
import { placeProcesses } from './network-geometry.js';
import { paintNetwork } from './paint-network.js';
import type { Point } from '../run/space-time.js';
import { atRest, chosen, position, run, snapshotShown, stateShown, theme, tick, witness } from './store.js';
import { nameOfState } from './words.js';

/** The network, as it is at the step that is looked at. */
export function NetworkView() {
  void tick.value;
  const ref = useRef<HTMLDivElement>(null);
  const size = useSignal<Size>({ width: 600, height: 420 });
  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      size.value = { width, height };
    });
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  const { processes, channels } = run.network;
  const geometry = placeProcesses(run.network, size.value);
  const label = `Network of ${processes.length} processes and ${channels.length} channels. The processes follow as buttons.`;
  return (
    <div class="network" ref={ref}>
      <Canvas paint={paintNetwork} label={label} when={[tick, position, chosen, snapshotShown, theme]} />
      {processes.map(({ id }) => {
        const center = geometry.centers.get(id)!;
        const isChosen = chosen.value.includes(id);
        const state = nameOfState(stateShown.value.processes.get(id));
        return (
          <button
            key={id}
            class={`node ${geometry.isCrowded ? 'crowded' : ''} ${markOf(id)}`}
            style={{
              left: `${center.x - geometry.radius}px`,
              top: `${center.y - geometry.radius}px`,
              width: `${geometry.radius * 2}px`,
              height: `${geometry.radius * 2}px`,
            }}
            aria-pressed={isChosen}
            title={`${id}: ${state}. Shift-click to choose several initiators.`}
            onClick={(event) => choose(id, event.shiftKey || event.ctrlKey || event.metaKey)}
          >
            <span class="name" style={geometry.isCrowded ? outwards(center, geometry.radius, size.value) : {}}>
              {id}
            </span>
            {geometry.isCrowded ? null : <span class="state">{state}</span>}
          </button>
        );
      })}
    </div>
  );
}

function markOf(id: string): string {
  return witness.value.processes.has(id) ? 'witness' : atRest.value.has(id) ? 'at-rest' : '';
}

/** Where there is no room in the disc, a name stands outside it, turned away from the middle. */
function outwards({ x, y }: Point, radius: number, { width, height }: Size): Record<string, string> {
  const angle = Math.atan2(y - height / 2, x - width / 2);
  const isLeft = Math.cos(angle) < -0.001;
  const turn = `${isLeft ? angle + Math.PI : angle}rad`;
  const away = `${(isLeft ? -1 : 1) * (radius + 13)}px`;
  return {
    ...(isLeft ? { right: '50%', transformOrigin: '100% 50%' } : { left: '50%', transformOrigin: '0 50%' }),
    transform: `translateY(-50%) rotate(${turn}) translateX(${away})`,
  };
}

/** Chooses a process; with others, when told so. */
export function choose(id: string, isMore: boolean): void {
  const known = chosen.value;
  if (!isMore) chosen.value = [id];
  else chosen.value = known.includes(id) ? known.filter((other) => other !== id) : [...known, id];
}
