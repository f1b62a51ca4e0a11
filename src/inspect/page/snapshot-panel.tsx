/** The global snapshot: verdict, sums, what is in flight, the states, and how it differs from another. */
import { signal } from '@preact/signals';
import { isObject } from '../../checks.js';
import { serializeSnapshot } from '../../file/index.js';
import { diffSnapshots } from '../../snapshot/diff-snapshots.js';
import { verifySnapshot } from '../../verify/verify-snapshot.js';
import { cutOfSnapshot, stepsIn } from '../run/cut.js';
import { describeStep, shortId } from '../run/describe-step.js';
import { sumFields, textOf } from '../run/summary.js';
import { save } from './source.js';
import {
  can,
  chosen,
  chosenSnapshot,
  command,
  goTo,
  run,
  showCut,
  snapshotOfRun,
  snapshots,
  snapshotShown,
  termination,
  tick,
  witness,
  type ShownSnapshot,
} from './store.js';
import { colorOf } from './theme.js';
import { Tree } from './tree.js';
import { count, nameOfNumber } from './words.js';

const compared = signal<string | undefined>(undefined);

/** The snapshot that is chosen, or how to take one. */
export function SnapshotPanel() {
  void tick.value;
  const shown = snapshotShown.value;
  return (
    <section class="panel snapshot" aria-label="Global snapshot">
      <header>
        <h2>Global snapshot</h2>
        <span class="grow" />
        <UnderWay />
      </header>
      {snapshots.value.length > 0 ? <Chips /> : null}
      {shown === undefined ? <Empty /> : <Details shown={shown} />}
    </section>
  );
}

function Empty() {
  return (
    <p class="empty">
      {can('snapshot')
        ? 'Press Snapshot: markers go round, every process records its state, and the cut line appears in the space–time diagram. Nothing is paused.'
        : 'No snapshot yet. Drop a snapshot file, a recorded run, or lines of XState inspection events here.'}
    </p>
  );
}

function UnderWay() {
  void tick.value;
  const waiting = [...run.snapshots.values()].filter(({ status }) => status === 'under way');
  if (waiting.length === 0) return null;
  return (
    <p class="note" role="status">
      {waiting.slice(-3).map(({ id, recorded }) => (
        <span key={id} class="under-way" style={{ color: colorOf(id) }}>
          ◆ {recorded.size}/{run.network.processes.length} recorded{' '}
        </span>
      ))}
    </p>
  );
}

function Chips() {
  return (
    <div class="chips" role="group" aria-label="Snapshots">
      {snapshots.value.slice(0, 12).map(({ id, title, number }) => (
        <button
          key={id}
          aria-pressed={id === snapshotShown.value?.id}
          title={title}
          onClick={() => (chosenSnapshot.value = id)}
        >
          <span class="diamond" style={number === undefined ? {} : { color: colorOf(id) }} aria-hidden="true">
            ◆
          </span>
          {number === undefined ? title : shortId(id)}
        </button>
      ))}
    </div>
  );
}

function Details({ shown }: { readonly shown: ShownSnapshot }) {
  void tick.value;
  const { snapshot } = shown;
  const verdict = verifySnapshot(snapshot);
  const inFlight = Object.entries(snapshot.channels).flatMap(([channel, { messages }]) =>
    messages.map((message) => ({ channel, ...message })),
  );
  const others = snapshots.value.filter(({ id }) => id !== shown.id);
  const other = others.find(({ id }) => id === compared.value);
  const cutStep = [...(snapshotOfRun(shown.id)?.recorded.values() ?? [])].reduce(
    (last, { index }) => Math.max(last, index),
    -1,
  );
  return (
    <>
      <p class={`verdict ${verdict.consistent ? 'good' : 'bad'}`} data-testid="verdict">
        <b>
          {verdict.consistent ? '✓ Consistent cut' : `✗ Inconsistent: ${count(verdict.violations.length, 'violation')}`}
        </b>
        <span>
          {sayCost(snapshot.stats)}, {count(inFlight.length, 'message')} in flight, begun by{' '}
          {snapshot.initiators.join(', ') || 'nobody'}
        </span>
      </p>
      {verdict.consistent ? null : (
        <ul class="violations">
          {verdict.violations.slice(0, 20).map(({ message }) => (
            <li key={message}>{message}</li>
          ))}
        </ul>
      )}
      <Verdicts shown={shown} />
      <div class="actions">
        <button onClick={() => save(`${snapshot.id}.snapshot`, serializeSnapshot(snapshot))}>Download</button>
        {can('restore') ? (
          <button
            title="Begin a new run that goes on from here"
            onClick={() => command({ type: 'network.restore', file: serializeSnapshot(snapshot) })}
          >
            Restore here
          </button>
        ) : null}
        {cutStep >= run.firstIndex && cutStep >= 0 ? (
          <button onClick={() => showCut(shown.id)}>Show its cut</button>
        ) : null}
        {others.length > 0 ? (
          <label>
            compare with{' '}
            <select
              value={other?.id ?? ''}
              onChange={(event) => (compared.value = event.currentTarget.value || undefined)}
            >
              <option value="">nothing</option>
              {others.slice(0, 30).map(({ id, title, number }) => (
                <option key={id} value={id}>
                  {number === undefined ? title : `${shortId(id)} ${title}`}
                </option>
              ))}
            </select>
          </label>
        ) : null}
      </div>
      <Sums shown={shown} />
      {other === undefined ? null : <Changes shown={shown} other={other} />}
      <h3>In flight</h3>
      {inFlight.length === 0 ? (
        <p class="empty">Nothing.</p>
      ) : (
        <ul class="in-flight">
          {inFlight.slice(0, 100).map(({ channel, seq, event }) => (
            <li key={`${channel} ${seq}`} class={witness.value.messages.has(`${channel} ${seq}`) ? 'witness' : ''}>
              <span>{channel.replace('->', ' → ')}</span> <b>{event.type}</b> #{seq}{' '}
              <code>{textOf(withoutType(event), 2)}</code>
            </li>
          ))}
          {inFlight.length > 100 ? <li>… and {inFlight.length - 100} more</li> : null}
        </ul>
      )}
      <h3>States</h3>
      <ul class="tree">
        {Object.entries(snapshot.processes)
          .slice(0, 200)
          .map(([id, state]) => (
            <li key={id}>
              <Tree name={id} value={viewOf(state)} />
              <Before id={id} shown={shown} />
            </li>
          ))}
      </ul>
    </>
  );
}

function sayCost({ markers, controlMessages }: ShownSnapshot['snapshot']['stats']): string {
  return controlMessages === undefined ? count(markers, 'marker') : count(controlMessages, 'control message');
}

/** Whether all is over in it; the other properties that hold in it, and why. */
function Verdicts({ shown }: { readonly shown: ShownSnapshot }) {
  const verdicts = snapshotOfRun(shown.id)?.verdicts ?? [];
  return (
    <>
      {termination.value === undefined ? null : (
        <p class="verdict plain" data-testid="terminated">
          <b>■ Terminated</b>
          <span>
            Every process is passive and nothing is in flight: so it stays, unless somebody sends from outside.
          </span>
        </p>
      )}
      {verdicts.map(({ property, witness: why, error }) => (
        <div key={property} class={`verdict ${isRest(why) ? 'plain' : 'bad'}`} data-testid="property">
          <b>{error === undefined ? `${isRest(why) ? '■' : '!'} ${property}` : `${property} could not be judged`}</b>
          {error === undefined ? (
            <>
              <span>{sayWitness(why)}</span>
              <ul class="tree">
                <li>
                  <Tree name="witness" value={why} />
                </li>
              </ul>
            </>
          ) : (
            <span>{error}</span>
          )}
        </div>
      ))}
    </>
  );
}

/** Whether it is a termination's witness: nothing to worry about. */
function isRest(why: unknown): boolean {
  return Array.isArray((Object(why) as { passive?: unknown }).passive);
}

function sayWitness(why: unknown): string {
  const { processes } = Object(why) as { processes?: unknown };
  return Array.isArray(processes) ? `${processes.slice(0, 20).join(', ')}: highlighted` : '';
}

/** A recorded state without what is not there, the state's value and context first. */
function viewOf({ snapshot, timers }: ShownSnapshot['snapshot']['processes'][string]): Record<string, unknown> {
  const { value, context, status, ...rest } = snapshot as Readonly<Record<string, unknown>>;
  const isEmpty = (part: unknown) => part === undefined || (isObject(part) && Object.keys(part).length === 0);
  const parts = { value, context, timers, ...rest, ...(status === 'active' ? {} : { status }) };
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => !isEmpty(part)));
}

/** All that has happened in a process up to its recorded state. */
function Before({ id, shown }: { readonly id: string; readonly shown: ShownSnapshot }) {
  const ofRun = snapshotOfRun(shown.id);
  if (ofRun === undefined || chosen.value[0] !== id) return null;
  const cut = cutOfSnapshot(run, ofRun);
  const steps = cut === undefined ? [] : stepsIn(run, cut, id);
  return (
    <details class="before">
      <summary>all that has happened up to here: {count(steps.length, 'step')}</summary>
      <ol>
        {steps.slice(-40).map((step) => (
          <li key={step.local}>
            <button class="link" onClick={() => goTo(step.index)}>
              {describeStep(step)}
            </button>
          </li>
        ))}
      </ol>
    </details>
  );
}

function withoutType({ type: _, ...rest }: { readonly type: string }): object {
  return rest;
}

/** The sums that are added up. */
const added = signal<ReadonlySet<string>>(new Set());

function Sums({ shown }: { readonly shown: ShownSnapshot }) {
  const sums = sumFields(shown.snapshot);
  if (sums.length === 0) return null;
  const picked = sums.filter(({ where, field }) => added.value.has(`${where} ${field}`));
  return (
    <>
      <h3>Sums</h3>
      <table class="sums">
        <tbody>
          {sums.map(({ where, field, sum, count: values }) => {
            const key = `${where} ${field}`;
            const toggle = () => {
              const next = new Set(added.value);
              if (!next.delete(key)) next.add(key);
              added.value = next;
            };
            return (
              <tr key={key}>
                <td>
                  <label>
                    <input type="checkbox" checked={added.value.has(key)} onChange={toggle} /> {field}
                  </label>
                </td>
                <td>{where === 'state' ? `over ${count(values, 'value')}` : 'in flight'}</td>
                <td class="number">{nameOfNumber(sum)}</td>
              </tr>
            );
          })}
          {picked.length > 1 ? (
            <tr class="total">
              <td colSpan={2}>together</td>
              <td class="number">{nameOfNumber(picked.reduce((total, { sum }) => total + sum, 0))}</td>
            </tr>
          ) : null}
        </tbody>
      </table>
    </>
  );
}

/** Differences listed; all are counted. */
const MOST_CHANGES = 200;

function Changes({ shown, other }: { readonly shown: ShownSnapshot; readonly other: ShownSnapshot }) {
  const changes = diffSnapshots(other.snapshot, shown.snapshot);
  return (
    <>
      <h3>{changes.length === 0 ? 'No difference' : count(changes.length, 'difference')}</h3>
      <ul class="changes">
        {changes.slice(0, MOST_CHANGES).map(({ path, a, b }) => (
          <li key={path}>
            <span>{path}</span> <code>{textOf(a, 2)}</code> → <code>{textOf(b, 2)}</code>
          </li>
        ))}
      </ul>
    </>
  );
}
