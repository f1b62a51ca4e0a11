/** What the signs of the space–time diagram mean: those that are in it. */
import type { ComponentChildren } from 'preact';
import { run, tick } from './store.js';

/** The legend. */
export function Legend() {
  void tick.value;
  const { kinds, rollbacks } = run;
  return (
    <ul class="legend">
      <Sign name="message" width={22}>
        <path d="M1 5h17m-5 -3l6 3l-6 3" class="message" />
      </Sign>
      {kinds.has('overtaken') ? (
        <Sign name="was overtaken" width={22}>
          <text x="0" y="9">
            #n
          </text>
        </Sign>
      ) : null}
      {kinds.has('control') && !kinds.has('marker') ? null : (
        <Sign name="marker" width={22}>
          <path d="M1 5h14" class="marker" />
          <path d="M17 1l4 4l-4 4l-4 -4z" class="solid" />
        </Sign>
      )}
      {kinds.has('control') ? (
        <Sign name="control message" width={22}>
          <path d="M1 5h13" class="control" />
          <path d="M14 2h6v6h-6z" class="solid" />
        </Sign>
      ) : null}
      <Sign name="state recorded" width={10}>
        <path d="M5 0l5 5l-5 5l-5 -5z" class="solid" />
      </Sign>
      <Sign name="cut" width={10}>
        <path d="M3 -1C3 5 8 5 8 11" class="cut" />
      </Sign>
      {rollbacks.length > 0 ? (
        <Sign name="rollback" width={10}>
          <path d="M3 -1v12M7 -1v12" class="rollback" />
        </Sign>
      ) : null}
      <Sign name="received" width={8}>
        <circle cx="4" cy="5" r="3.6" class="step" />
      </Sign>
      <Sign name="from outside" width={8}>
        <path d="M0.5 1.5h7v7h-7z" class="step" />
      </Sign>
      <Sign name="timer, start or end" width={8}>
        <circle cx="4" cy="5" r="3" class="hollow" />
      </Sign>
    </ul>
  );
}

function Sign({
  name,
  width,
  children,
}: {
  readonly name: string;
  readonly width: number;
  readonly children: ComponentChildren;
}) {
  return (
    <li>
      <svg viewBox={`0 0 ${width} 10`} aria-hidden="true">
        {children}
      </svg>
      {name}
    </li>
  );
}
