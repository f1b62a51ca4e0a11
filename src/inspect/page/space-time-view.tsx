/** The space–time diagram with its scrubber, and the handles of a cut of one's own. */
import { computed, effect, signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { describeStep } from '../run/describe-step.js';
import { endOf } from '../run/cut.js';
import { rowsOf, yOf, type SpaceTime } from '../run/space-time.js';
import type { Step } from '../run/model.js';
import { Canvas } from './canvas.js';
import { CutVerdictLine } from './cut-verdict-line.js';
import { Legend } from './legend.js';
import { choose } from './network-view.js';
import { ownCutX, paintSpaceTime } from './paint-space-time.js';
import {
  beginCut,
  chosen,
  cursor,
  goTo,
  hovered,
  ownCut,
  ownVerdict,
  position,
  run,
  shownRange,
  snapshotShown,
  source,
  theme,
  tick,
  witness,
} from './store.js';

/** The width of a step's column in pixels. */
const column = signal(16);
/** The step at the left edge, when one has moved the picture; undefined to follow the run. */
const pinned = signal<number | undefined>(undefined);
const width = signal(800);
const [MIN_COLUMN, MAX_COLUMN] = [2, 60];
const row = computed(() => {
  void tick.value;
  return Math.max(22, Math.min(52, 300 / Math.max(1, run.network.processes.length)));
});

effect(() => {
  void cursor.value;
  pinned.value = undefined;
});
effect(() => {
  const range = shownRange.value;
  if (range === undefined) return;
  const steps = (range.to - range.from + 1) * 1.5 + 6;
  column.value = Math.max(MIN_COLUMN, Math.min(22, width.value / steps));
  const middle = range.from - (width.value / column.peek() - (range.to - range.from)) / 2;
  pinned.value = Math.max(run.firstIndex - 0.5, middle);
});

/** How the diagram stands at the moment. */
function viewNow(): SpaceTime {
  const fitting = width.value / column.value;
  const end =
    cursor.value === undefined ? run.lastIndex + 3 : Math.min(run.lastIndex + 3, cursor.value + fitting * 0.35);
  const first = pinned.value ?? Math.max(run.firstIndex - 0.5, end - fitting);
  return { first, column: column.value, row: row.value, top: 34, rows: rowsOf(run) };
}

/** The diagram. */
export function SpaceTimeView() {
  void tick.value;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = ref.current!;
    const observer = new ResizeObserver(() => (width.value = element.clientWidth));
    observer.observe(element);
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey && Math.abs(event.deltaX) <= Math.abs(event.deltaY)) return;
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15);
      else pan(event.deltaX / column.value);
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => {
      observer.disconnect();
      element.removeEventListener('wheel', onWheel);
    };
  }, []);
  const { processes } = run.network;
  const height = 34 + processes.length * row.value;
  const steps = run.lastIndex - run.firstIndex + 1;
  const label = `Space–time diagram of ${steps} steps of ${processes.length} processes; ${run.snapshots.size} snapshots have cut lines.`;
  return (
    <section class="panel space-time" aria-label="Space–time diagram">
      <header>
        <h2>Space–time</h2>
        <Legend />
        <span class="grow" />
        <CutButton />
        <button class="quiet" onClick={() => zoom(1 / 1.35)} aria-label="Narrower columns" title="Narrower columns">
          −
        </button>
        <button class="quiet" onClick={() => zoom(1.35)} aria-label="Wider columns" title="Wider columns">
          +
        </button>
      </header>
      <CutVerdictLine />
      <div class="lines">
        <ol class="names" style={{ height: `${height}px` }}>
          {processes.map(({ id }, index) => (
            <li key={id} style={{ top: `${34 + index * row.value}px` }}>
              <button
                class={witness.value.processes.has(id) ? 'witness' : ''}
                aria-pressed={chosen.value.includes(id)}
                title={id}
                onClick={(event) => choose(id, event.shiftKey)}
              >
                {id}
              </button>
            </li>
          ))}
        </ol>
        <div
          class="picture"
          ref={ref}
          onPointerMove={(event) => (hovered.value = stepAt(event))}
          onPointerLeave={() => (hovered.value = undefined)}
          onClick={(event) => {
            const step = stepAt(event);
            if (step === undefined) return;
            choose(step.process, false);
            goTo(step.index);
          }}
        >
          <Canvas
            label={label}
            height={height}
            when={[tick, position, hovered, chosen, snapshotShown, ownCut, column, pinned, width, theme]}
            paint={(context, size) => {
              paintSpaceTime(context, size, viewNow());
              return source.value.kind === 'live' && cursor.value === undefined && run.playback?.isPlaying !== false;
            }}
          />
          <CutHandles />
          <Hint />
        </div>
      </div>
      <Scrubber />
    </section>
  );
}

function zoom(factor: number): void {
  column.value = Math.max(MIN_COLUMN, Math.min(MAX_COLUMN, column.value * factor));
}

function pan(steps: number): void {
  const { first } = viewNow();
  pinned.value = Math.max(run.firstIndex - 1, Math.min(run.lastIndex, first + steps));
}

/** The step near the pointer. */
function stepAt(event: MouseEvent): Step | undefined {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  const view = viewNow();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const place = x / view.column + view.first - 0.5;
  const reach = Math.max(1, 9 / view.column);
  const candidates = run.steps.slice(
    Math.max(0, Math.floor(place - reach) - run.firstIndex),
    Math.max(0, Math.ceil(place + reach) + 1 - run.firstIndex),
  );
  const near = candidates.filter(({ process: id }) => Math.abs(yOf(view, id) - y) < Math.min(14, view.row / 2));
  return near.sort((a, b) => Math.abs(a.index - place) - Math.abs(b.index - place))[0];
}

function Hint() {
  const step = hovered.value;
  if (step === undefined) return null;
  const view = viewNow();
  const x = (step.index - view.first + 0.5) * view.column;
  const y = yOf(view, step.process);
  return (
    <p
      class="hint"
      style={{ left: `${Math.min(Math.max(8, x - 20), Math.max(8, width.value - 290))}px`, top: `${y + 14}px` }}
    >
      <b>{step.process}</b> {describeStep(step)}
    </p>
  );
}

function CutButton() {
  const has = ownCut.value !== undefined;
  return (
    <button
      class="quiet"
      aria-pressed={has}
      title="A cut of your own: drag its handles along the time lines"
      onClick={() => (has ? (ownCut.value = undefined) : beginCut())}
    >
      Own cut
    </button>
  );
}

/** One handle a process: dragged, or moved by the arrow keys. */
function CutHandles() {
  void tick.value;
  void position.value;
  const cut = ownCut.value;
  if (cut === undefined) return null;
  const view = viewNow();
  return (
    <div class={ownVerdict.value?.isConsistent === false ? 'handles bad' : 'handles'}>
      {Array.from(cut, ([id, local]) => {
        const first = run.stepsOfProcess(id)[0]?.local ?? 0;
        const move = (to: number) => {
          ownCut.value = new Map(cut).set(id, Math.max(first, Math.min(endOf(run, id), to)));
        };
        return (
          <div
            key={id}
            role="slider"
            tabIndex={0}
            aria-label={`Cut of ${id}`}
            aria-valuemin={first}
            aria-valuemax={endOf(run, id)}
            aria-valuenow={local}
            aria-valuetext={`after ${local} steps of ${id}`}
            style={{ left: `${ownCutX(view, id, local) - 9}px`, top: `${yOf(view, id) - 9}px` }}
            onKeyDown={(event) => {
              const by = { ArrowLeft: -1, ArrowRight: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity }[
                event.key
              ];
              if (by === undefined) return;
              event.preventDefault();
              event.stopPropagation();
              move(local + by);
            }}
            onPointerDown={(event) => {
              event.preventDefault();
              event.currentTarget.focus();
              event.currentTarget.setPointerCapture(event.pointerId);
              pinned.value = view.first;
            }}
            onPointerMove={(event) => {
              if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
              const box = event.currentTarget.parentElement!.getBoundingClientRect();
              const place = (event.clientX - box.left) / view.column + view.first - 0.5;
              move(localBehind(id, place));
            }}
            onClick={(event) => event.stopPropagation()}
          />
        );
      })}
    </div>
  );
}

/** The place of the first step of a process behind a column. */
function localBehind(id: string, place: number): number {
  return run.stepsOfProcess(id).find(({ index }) => index > place)?.local ?? endOf(run, id);
}

function Scrubber() {
  void tick.value;
  const isLive = source.value.kind === 'live';
  const at = position.value;
  return (
    <div class="scrubber">
      <button
        class="quiet"
        aria-label="One step back"
        title="One step back (←)"
        disabled={at <= run.firstIndex}
        onClick={() => goTo(at - 1)}
      >
        ‹
      </button>
      <input
        type="range"
        aria-label="Step of the run"
        min={run.firstIndex}
        max={Math.max(run.firstIndex, run.lastIndex)}
        value={at}
        aria-valuetext={`step ${at} of ${run.lastIndex}`}
        onInput={(event) => goTo(Number(event.currentTarget.value))}
      />
      <button
        class="quiet"
        aria-label="One step on"
        title="One step on (→)"
        disabled={at >= run.lastIndex}
        onClick={() => goTo(at + 1)}
      >
        ›
      </button>
      <output>
        {Math.max(0, at)} / {Math.max(0, run.lastIndex)}
      </output>
      {isLive ? (
        <button class="quiet live" aria-pressed={cursor.value === undefined} onClick={() => goTo(undefined)}>
          Live
        </button>
      ) : null}
      {run.skipped > 0 ? (
        <span class="note" title="The page could not keep up, or came late">
          {run.skipped} events not seen
        </span>
      ) : null}
    </div>
  );
}
