/** The controls: play, step, speed, seed, shutter, files. */
import { useRef } from 'preact/hooks';
import { serializeRun } from '../run-file.js';
import { channelOf } from '../run/network-state.js';
import { readFile, save } from './source.js';
import { can, chosen, command, cursor, events, run, source, stateShown, theme, tick } from './store.js';
import { setTheme } from './theme.js';
import { count } from './words.js';

/** Everything that can be done, as far as it can be done here. */
export function Toolbar() {
  void tick.value;
  return (
    <header class="toolbar">
      <h1>
        <Logo />
        <span>panorama</span>
      </h1>
      <Status />
      <span class="grow" />
      <PlaybackControls />
      <Shutter />
      <Files />
      <button
        class="quiet"
        aria-label={theme.value === 'dark' ? 'Light colours' : 'Dark colours'}
        title={theme.value === 'dark' ? 'Light colours' : 'Dark colours'}
        onClick={() => setTheme(theme.value === 'dark' ? 'light' : 'dark')}
      >
        {theme.value === 'dark' ? '☀' : '☾'}
      </button>
    </header>
  );
}

function Status() {
  void tick.value;
  const { value } = source;
  const { processes, channels } = run.network;
  const isKnown = processes.length > 0;
  const size = isKnown
    ? `${count(processes.length, 'process', 'processes')}, ${count(channels.length, 'channel')}`
    : '';
  const state =
    value.kind === 'live'
      ? value.isConnected
        ? 'live'
        : 'not connected'
      : value.kind === 'file'
        ? ['recorded', value.name].filter((part) => part !== '').join(': ')
        : 'nothing opened';
  return (
    <p class="status">
      <span class={value.kind === 'live' && value.isConnected ? 'dot on' : 'dot'} />
      {state}
      {size === '' ? null : <span class="size">{size}</span>}
    </p>
  );
}

/** Speeds to choose from: milliseconds of the network's clock in a real one. */
const SPEEDS = [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5];

function PlaybackControls() {
  const { playback } = run;
  if (!can('playback') || playback === undefined) return null;
  const nearest = SPEEDS.reduce(
    (best, speed, index) =>
      Math.abs(Math.log(speed / playback.speed)) < Math.abs(Math.log(SPEEDS[best]! / playback.speed)) ? index : best,
    0,
  );
  const pending = run.network.channels.filter(({ id }) => channelOf(stateShown.value, id).queued > 0);
  return (
    <div class="group" role="group" aria-label="Playback">
      <button
        class="primary"
        title={playback.isPlaying ? 'Pause (space)' : 'Play (space)'}
        onClick={() => command({ type: playback.isPlaying ? 'playback.pause' : 'playback.play' })}
      >
        {playback.isPlaying ? '❚❚ Pause' : '▶ Play'}
      </button>
      <button
        disabled={playback.isPlaying || cursor.value !== undefined}
        title="Whatever comes next (.)"
        onClick={() => command({ type: 'playback.step' })}
      >
        Step
      </button>
      <select
        aria-label="Deliver the oldest of a channel"
        title="Deliver exactly the oldest message or marker of a channel"
        disabled={playback.isPlaying || cursor.value !== undefined || pending.length === 0}
        value=""
        onChange={(event) => {
          command({ type: 'playback.step', channel: event.currentTarget.value });
          event.currentTarget.value = '';
        }}
      >
        <option value="">Deliver…</option>
        {pending.map(({ id }) => (
          <option key={id} value={id}>
            {`${id.replace('->', ' → ')}: ${nextOn(id)} (${channelOf(stateShown.value, id).queued})`}
          </option>
        ))}
      </select>
      <label class="speed" title="Milliseconds of the network in a real one">
        <span class="value">{`${SPEEDS[nearest]!}×`}</span>
        <input
          type="range"
          aria-label="Speed"
          aria-valuetext={`${SPEEDS[nearest]!} times real time`}
          min={0}
          max={SPEEDS.length - 1}
          value={nearest}
          onInput={(event) => command({ type: 'playback.speed', speed: SPEEDS[Number(event.currentTarget.value)]! })}
        />
      </label>
      {can('restart') ? (
        <form
          class="seed"
          onSubmit={(event) => {
            event.preventDefault();
            const seed = Number(new FormData(event.currentTarget).get('seed'));
            command({ type: 'network.restart', ...(Number.isSafeInteger(seed) ? { seed } : {}) });
          }}
        >
          <label>
            seed{' '}
            <input name="seed" inputMode="numeric" size={4} key={playback.seed} defaultValue={String(playback.seed)} />
          </label>
          <button title="Begin again with this seed" aria-label="Begin again with this seed">
            ↺
          </button>
        </form>
      ) : null}
    </div>
  );
}

/** What is delivered next on a channel. */
function nextOn(id: string): string {
  const next = run.inFlight.get(id)?.[0];
  if (next === undefined) return '';
  return next.kind === 'message' ? next.event!.type : next.kind === 'marker' ? 'marker ◆' : 'control message ■';
}

function Shutter() {
  if (!can('snapshot')) return null;
  const { value } = chosen;
  const who = value.length === 0 ? 'chosen for you' : value.join(', ');
  return (
    <button
      class="shutter"
      title={`Take a snapshot (s). Initiators: ${who}. Choose processes in the network, several with shift.`}
      onClick={takeSnapshot}
    >
      <span class="lens" aria-hidden="true" />
      Snapshot
      {value.length > 0 ? (
        <span class="who">{value.length > 2 ? `${value.length} initiators` : value.join(' + ')}</span>
      ) : null}
    </button>
  );
}

/** Takes a snapshot from the processes that are chosen. */
export function takeSnapshot(): void {
  command({ type: 'snapshot.take', ...(chosen.value.length > 0 ? { initiators: chosen.value } : {}) });
}

function Files() {
  void tick.value;
  const input = useRef<HTMLInputElement>(null);
  return (
    <div class="group" role="group" aria-label="Files">
      <button
        class="quiet"
        title="Open a snapshot, a recorded run, or lines of XState inspection events; or drop it anywhere"
        onClick={() => input.current!.click()}
      >
        Open…
      </button>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Snapshot, recorded run, or inspection events"
        onChange={(event) => {
          for (const file of event.currentTarget.files ?? []) void readFile(file);
          event.currentTarget.value = '';
        }}
      />
      <button
        class="quiet"
        title="Save this run as a file"
        disabled={events.length === 0}
        onClick={() => save('run.panorama', serializeRun(events))}
      >
        Save
      </button>
    </div>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 32 24" class="logo" aria-hidden="true">
      <path class="line" d="M1 5h30M1 12h30M1 19h30" />
      <path class="cut" d="M20 1C20 8 11 8 11 12S17 16 17 23" />
      <circle cx="20" cy="5" r="2.2" />
      <circle cx="11" cy="12" r="2.2" />
      <circle cx="17" cy="19" r="2.2" />
    </svg>
  );
}
