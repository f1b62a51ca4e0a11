/** The inspector page. It knows the inspector protocol, and nothing of any network. */
import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import { NetworkView } from './network-view.js';
import { ProcessPanel } from './process-panel.js';
import { PanoramasPanel, SceneView } from './scene-view.js';
import { SnapshotPanel } from './snapshot-panel.js';
import { acceptDrops, open } from './source.js';
import { SpaceTimeView } from './space-time-view.js';
import { command, cursor, goTo, notice, picture, position, run, tick } from './store.js';
import { followSystem } from './theme.js';
import { takeSnapshot, Toolbar } from './toolbar.js';
import './page.css';

function Page() {
  return (
    <>
      <Toolbar />
      <Notice />
      <main>
        <Picture />
        <SnapshotPanel />
        <ProcessPanel />
        <div class="below">
          <PanoramasPanel />
          <SpaceTimeView />
        </div>
      </main>
    </>
  );
}

/** The network as a circle of processes, or as its own scene. */
function Picture() {
  void tick.value;
  const { scene } = run.network;
  const isScene = scene !== undefined && picture.value === 'scene';
  const view = (name: typeof picture.value, text: string) => (
    <button class="quiet" aria-pressed={picture.value === name} onClick={() => (picture.value = name)}>
      {text}
    </button>
  );
  return (
    <section class={`panel network-panel ${scene === undefined ? '' : 'with-views'}`} aria-label="Network">
      {scene === undefined ? null : (
        <div class="views" role="group" aria-label="Picture">
          {view('scene', 'Scene')}
          {view('network', 'Channels')}
        </div>
      )}
      {isScene ? <SceneView /> : <NetworkView />}
    </section>
  );
}

function Notice() {
  const { value } = notice;
  useEffect(() => {
    if (value === undefined || value.isError) return;
    const timer = setTimeout(() => (notice.value = undefined), 5000);
    return () => clearTimeout(timer);
  }, [value]);
  return (
    <div role="status" class={value === undefined ? 'notice' : `notice shown ${value.isError ? 'bad' : ''}`}>
      {value === undefined ? null : (
        <>
          <span>{value.text}</span>
          <button class="quiet" aria-label="Close" onClick={() => (notice.value = undefined)}>
            ×
          </button>
        </>
      )}
    </div>
  );
}

/** The keys that act wherever one is, but not in fields that take them. */
function onKeyDown(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (
    event.ctrlKey ||
    event.metaKey ||
    event.altKey ||
    target.closest('input, select, textarea, [role=slider]') !== null
  )
    return;
  const isOnButton = target.closest('button, summary') !== null;
  if (event.key === ' ' && !isOnButton) command({ type: run.playback?.isPlaying ? 'playback.pause' : 'playback.play' });
  else if (event.key === '.') command({ type: 'playback.step' });
  else if (event.key === 's') takeSnapshot();
  else if (event.key === 'ArrowLeft') goTo(position.value - 1);
  else if (event.key === 'ArrowRight') goTo(position.value + 1);
  else if (event.key === 'Escape') cursor.value = undefined;
  else return;
  event.preventDefault();
}

followSystem();
render(<Page />, document.querySelector('#app')!);
addEventListener('keydown', onKeyDown);
acceptDrops();
open();
