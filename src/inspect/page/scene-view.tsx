/** The network as its scene has it, and panoramas of it: of a snapshot, and of a viewer who walked from panel to panel. */
import { computed } from '@preact/signals';
import { countThings, idsIn, panoramaAt, panoramaOf, walkedPanorama, type Count } from '../run/panorama.js';
import type { Point } from '../run/space-time.js';
import { Canvas } from './canvas.js';
import { paintPanorama } from './paint-scene.js';
import {
  cursor,
  position,
  run,
  snapshotOfRun,
  snapshotShown,
  source,
  stateShown,
  stepPainted,
  theme,
  tick,
} from './store.js';
import { colorOf } from './theme.js';

/** Where things were when they were last painted. */
const last = new Map<string, Point>();

/** The scene, as it is at the step that is looked at. */
export function SceneView() {
  const { scene } = run.network;
  if (scene === undefined) return null;
  const panels = Object.keys(scene.places).length;
  return (
    <div class="network">
      <Canvas
        label={`${panels} panels with ${scene.things}, as they are at the step that is looked at.`}
        when={[tick, position, theme]}
        paint={(context, size) => {
          const panorama = panoramaAt(run, scene, stepPainted());
          const { recorded } = stateShown.value;
          const frameOf = (id: string) => {
            const [snapshotId] = [...(recorded.get(id) ?? [])].slice(-1);
            return snapshotId === undefined ? undefined : colorOf(snapshotId);
          };
          const isFlying = cursor.value === undefined && source.value.kind === 'live';
          return paintPanorama(context, size, scene, panorama, { frameOf }, isFlying ? last : undefined);
        }}
      />
    </div>
  );
}

/** The two panoramas of the snapshot that is shown. */
const panoramas = computed(() => {
  void tick.value;
  const { scene } = run.network;
  const shown = snapshotShown.value;
  const ofRun = snapshotOfRun(shown?.id);
  if (scene === undefined || shown === undefined) return undefined;
  const whole = panoramaOf(run, scene, shown.snapshot);
  const walked = ofRun === undefined || ofRun.recorded.size === 0 ? undefined : walkedPanorama(run, scene, ofRun);
  const all = new Set(idsIn(whole));
  const isWalking = walked !== undefined && walked.panels.size < Object.keys(scene.places).length;
  return { scene, id: shown.id, whole, walked, isWalking, all };
});

/** Side by side: what was missed and seen twice without the algorithm, and what it has. */
export function PanoramasPanel() {
  const value = panoramas.value;
  if (value === undefined) return null;
  const { scene, id, whole, walked, isWalking, all } = value;
  const ofWhole = countThings(whole, all);
  const ofWalk = walked && countThings(walked, all);
  return (
    <section class="panel panoramas" aria-label="Panoramas">
      {walked === undefined || ofWalk === undefined ? null : (
        <figure>
          <Canvas
            label={`The panorama of one panel after the other: ${sayCount(ofWalk, scene.things)}`}
            when={[panoramas, theme]}
            height={250}
            paint={(context, size) =>
              paintPanorama(context, size, scene, walked, {
                doubled: new Set(ofWalk.doubled),
                ...(isWalking ? {} : { missing: whole }),
              })
            }
          />
          <figcaption data-testid="walked">
            <b>One panel after the other, while all goes on</b>
            {isWalking ? (
              <span>
                {walked.panels.size} of {Object.keys(scene.places).length} panels so far
              </span>
            ) : (
              <span class={isExact(ofWalk) ? 'good' : 'bad'}>{sayCount(ofWalk, scene.things)}</span>
            )}
          </figcaption>
        </figure>
      )}
      <figure>
        <Canvas
          label={`The panorama of the snapshot: ${sayCount(ofWhole, scene.things)}`}
          when={[panoramas, theme]}
          height={250}
          paint={(context, size) =>
            paintPanorama(context, size, scene, whole, {
              doubled: new Set(ofWhole.doubled),
              crossing: colorOf(id),
              frameOf: () => colorOf(id),
            })
          }
        />
        <figcaption data-testid="panorama">
          <b>The snapshot: Chandy–Lamport</b>
          <span class={isExact(ofWhole) ? 'good' : 'bad'}>
            {isExact(ofWhole)
              ? `✓ ${all.size} ${scene.things}, each exactly once; ${whole.crossings.length} between panels`
              : sayCount(ofWhole, scene.things)}
          </span>
        </figcaption>
      </figure>
    </section>
  );
}

function isExact({ missing, doubled }: Count): boolean {
  return missing.length === 0 && doubled.length === 0;
}

function sayCount({ missing, doubled }: Count, things: string): string {
  const names = (ids: readonly string[]) => `${ids.slice(0, 12).join(' ')}${ids.length > 12 ? ' …' : ''}`;
  if (missing.length === 0 && doubled.length === 0) return `✓ all ${things}, each once`;
  return `✗ ${[
    ...(missing.length > 0 ? [`missing: ${names(missing)}`] : []),
    ...(doubled.length > 0 ? [`twice: ${names(doubled)}`] : []),
  ].join('; ')}`;
}
