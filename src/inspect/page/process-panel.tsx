/** The process that is chosen: its statechart with the active states lit, its context, and our regions. */
import { channelOf } from '../run/network-state.js';
import { shortId } from '../run/describe-step.js';
import { ChartView } from './chart-view.js';
import { chosen, run, stateShown, tick } from './store.js';
import { colorOf } from './theme.js';
import { Tree } from './tree.js';
import { nameOfState } from './words.js';

/** The chosen process as it is at the step that is looked at. */
export function ProcessPanel() {
  void tick.value;
  const id = chosen.value[0];
  const described = run.network.processes.find((candidate) => candidate.id === id);
  if (id === undefined || described === undefined) {
    return (
      <section class="panel process" aria-label="Process">
        <header>
          <h2>Process</h2>
        </header>
        <p class="empty">Choose a process.</p>
      </section>
    );
  }
  const view = stateShown.value.processes.get(id);
  return (
    <section class="panel process" aria-label={`Process ${id}`}>
      <header>
        <h2>{id}</h2>
        <p class="note">{nameOfState(view)}</p>
      </header>
      {described.chart === undefined ? (
        <p class="empty">Its logic is no machine: no statechart.</p>
      ) : (
        <ChartView chart={described.chart} value={view?.value} />
      )}
      {view?.context === undefined ? null : <Tree name="context" value={view.context} isOpen />}
      {view?.children === undefined ? null : <Tree name="children" value={view.children} />}
      {view?.error === undefined ? null : <Tree name="error" value={view.error} />}
      <Regions id={id} />
    </section>
  );
}

const LAMPS = ['idle', 'recording', 'done'] as const;

/** The regions of the algorithm's own statechart: one for each incoming channel. */
function Regions({ id }: { readonly id: string }) {
  const incoming = run.network.channels.filter(({ to }) => to === id);
  const state = stateShown.value;
  const [snapshotId] = [...(state.recorded.get(id) ?? [])].slice(-1);
  if (incoming.length === 0) return null;
  return (
    <>
      <h3>Snapshot regions{snapshotId === undefined ? '' : ` for ${shortId(snapshotId)}`}</h3>
      <ul class="regions">
        {incoming.slice(0, 60).map(({ id: channel, from }) => {
          const { lamps, queued } = channelOf(state, channel);
          const lamp = snapshotId === undefined ? 'idle' : (lamps.get(snapshotId) ?? 'idle');
          return (
            <li key={channel}>
              <span class="from">from {from}</span>
              {LAMPS.map((name) => (
                <span
                  key={name}
                  class={`lamp ${name} ${name === lamp ? 'lit' : ''}`}
                  style={name === lamp && name !== 'idle' ? { color: colorOf(snapshotId) } : {}}
                >
                  {name}
                </span>
              ))}
              <span class="queued" title="waiting on this channel">
                {queued > 0 ? queued : ''}
              </span>
            </li>
          );
        })}
      </ul>
    </>
  );
}
