/** Paints the network: channels, what travels on them, and each process's ring of channel lamps. */
import { channelOf } from '../run/network-state.js';
import type { Envelope } from '../run/model.js';
import type { Point } from '../run/space-time.js';
import type { Size } from './canvas.js';
import { arrival, placeProcesses, pointOn, wayOf, type NetworkGeometry, type Way } from './network-geometry.js';
import { arrowHead, diamond, square } from './shapes.js';
import { chosen, crossing, cursor, run, snapshotShown, source, stateShown, stepPainted, witness } from './store.js';
import { colorOf, inkNow } from './theme.js';

/** Envelopes drawn at most: more would be a blur. */
const MOST_DRAWN = 400;
/** How long an envelope takes to its place, and at its end to arrive, in milliseconds. */
const MOVE_MS = 260;

/** Where an envelope is drawn, on its way to where it belongs. */
interface Mover {
  at: number;
  /** When it arrived; undefined under way. */
  arrivedAt: number | undefined;
}

const movers = new Map<Envelope, Mover>();
let ways = new Map<string, Way>();
let lastMs = 0;
let lastIndex = -1;

/** Paints the network as it is at the step that is looked at. */
export function paintNetwork(context: CanvasRenderingContext2D, size: Size): boolean {
  const geometry = placeProcesses(run.network, size);
  ways = new Map(run.network.channels.map(({ id, from, to }) => [id, wayOf(geometry, from, to)]));
  for (const edge of witness.value.edges) if (!ways.has(edge)) addWay(geometry, edge);
  paintChannels(context);
  const isMoving = paintEnvelopes(context, performance.now());
  paintQueues(context);
  paintLamps(context, geometry);
  return isMoving;
}

function paintChannels(context: CanvasRenderingContext2D): void {
  const ink = inkNow();
  const { channels } = run.network;
  const focus = chosen.value[0];
  const isDense = channels.length > 60;
  for (const { id, from, to } of channels) {
    const way = ways.get(id)!;
    const isOwn = isDense && (from === focus || to === focus);
    context.globalAlpha = isDense ? (isOwn ? 0.8 : Math.max(0.06, Math.min(0.6, 75 / channels.length))) : 0.9;
    context.strokeStyle = isOwn ? ink.muted : ink.line;
    context.lineWidth = 1.25;
    context.beginPath();
    context.moveTo(way.begin.x, way.begin.y);
    context.quadraticCurveTo(way.control.x, way.control.y, way.end.x, way.end.y);
    context.stroke();
    if (!isDense) {
      context.fillStyle = ink.muted;
      arrowHead(context, way.end, arrival(way), 6);
    }
  }
  context.globalAlpha = 1;
  paintWitness(context);
}

function paintQueues(context: CanvasRenderingContext2D): void {
  for (const { id } of run.network.channels) {
    const { queued } = channelOf(stateShown.value, id);
    if (queued < 3) continue;
    const { x, y } = pointOn(ways.get(id)!, 0.5);
    badge(context, { x, y }, String(queued));
  }
}

/** A witness may join processes that no channel does. */
function addWay(geometry: NetworkGeometry, edge: string): void {
  const [from, to] = edge.split('->') as [string, string];
  if (geometry.centers.has(from) && geometry.centers.has(to)) ways.set(edge, wayOf(geometry, from, to));
}

/** Who waits for whom, and the like. */
function paintWitness(context: CanvasRenderingContext2D): void {
  const { bad } = inkNow();
  for (const edge of witness.value.edges) {
    const way = ways.get(edge);
    if (way === undefined) continue;
    context.strokeStyle = context.fillStyle = bad;
    context.lineWidth = 3;
    context.beginPath();
    context.moveTo(way.begin.x, way.begin.y);
    context.quadraticCurveTo(way.control.x, way.control.y, way.end.x, way.end.y);
    context.stroke();
    arrowHead(context, way.end, arrival(way), 10);
  }
}

/** @returns Whether something still moves. */
function paintEnvelopes(context: CanvasRenderingContext2D, now: number): boolean {
  const isLive = cursor.value === undefined && source.value.kind === 'live';
  const elapsed = Math.min(100, now - lastMs);
  lastMs = now;
  const places = new Map<Envelope, number>();
  const inFlight = run.inFlightAt(stepPainted());
  const queues = new Map<string, number>();
  for (const envelope of inFlight.slice(0, MOST_DRAWN)) {
    const before = queues.get(envelope.channel) ?? 0;
    queues.set(envelope.channel, before + 1);
    places.set(envelope, Math.max(0.14, 0.8 - before * 0.12));
  }
  noteArrivals(now, isLive);
  for (const envelope of movers.keys()) {
    const mover = movers.get(envelope)!;
    if (!places.has(envelope) && (mover.arrivedAt === undefined || now - mover.arrivedAt > MOVE_MS))
      movers.delete(envelope);
  }
  let isMoving = false;
  for (const [envelope, place] of places) {
    const mover = movers.get(envelope) ?? { at: isLive ? 0 : place, arrivedAt: undefined };
    mover.arrivedAt = undefined;
    movers.set(envelope, mover);
    const step = ((place - mover.at) * elapsed) / MOVE_MS;
    mover.at = isLive ? mover.at + step * 1.6 : place;
    isMoving ||= Math.abs(place - mover.at) > 0.005;
    drawEnvelope(context, envelope, Math.min(mover.at, 0.98), 1);
  }
  for (const [envelope, mover] of movers) {
    if (mover.arrivedAt === undefined) continue;
    const done = (now - mover.arrivedAt) / MOVE_MS;
    drawEnvelope(context, envelope, mover.at + (1 - mover.at) * Math.min(1, done), 1 - done * 0.6);
    isMoving = true;
  }
  return isMoving || (isLive && run.playback?.isPlaying === true);
}

/** What was received since the last time is drawn on its last bit of way. */
function noteArrivals(now: number, isLive: boolean): void {
  const from = Math.max(lastIndex + 1, run.lastIndex - MOST_DRAWN);
  lastIndex = run.lastIndex;
  if (!isLive) return;
  for (let index = from; index <= run.lastIndex && movers.size < MOST_DRAWN; index++) {
    const received = run.step(index)?.received;
    if (received === undefined) continue;
    const mover = movers.get(received) ?? { at: 0.1, arrivedAt: undefined };
    mover.arrivedAt = now;
    movers.set(received, mover);
  }
}

function drawEnvelope(context: CanvasRenderingContext2D, envelope: Envelope, at: number, alpha: number): void {
  const way = ways.get(envelope.channel);
  if (way === undefined) return;
  const { x, y } = pointOn(way, at);
  const ink = inkNow();
  const size = run.network.processes.length > 14 ? 3.2 : 5;
  context.globalAlpha = alpha;
  if (envelope.kind !== 'message') {
    context.fillStyle = colorOf(envelope.snapshotId);
    if (envelope.kind === 'marker') diamond(context, { x, y }, size * 1.5);
    else square(context, { x, y }, size);
    context.strokeStyle = ink.paper;
    context.lineWidth = 1.2;
    context.stroke();
  } else {
    const isCrossing = crossing.value?.inFlight.includes(envelope) === true;
    context.fillStyle = isCrossing ? colorOf(snapshotShown.value?.id) : ink.message;
    context.beginPath();
    context.arc(x, y, size, 0, 7);
    context.fill();
    context.strokeStyle = ink.paper;
    context.lineWidth = 1.2;
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Around each process a lamp for each incoming channel, on the side from which it comes: thin idle, dashed recording, thick done. */
function paintLamps(context: CanvasRenderingContext2D, geometry: NetworkGeometry): void {
  const ink = inkNow();
  const state = stateShown.value;
  const thickness = geometry.isCrowded ? 0.6 : 1;
  for (const { id } of run.network.processes) {
    const center = geometry.centers.get(id)!;
    const incoming = run.network.channels
      .filter(({ to }) => to === id)
      .map(({ id: channel, from }) => ({ channel, angle: sideOf(geometry, from, id) }))
      .sort((a, b) => a.angle - b.angle);
    const span = (2 * Math.PI) / Math.max(1, incoming.length);
    const gap = Math.min(0.22, span * 0.25);
    const ids = [...(state.recorded.get(id) ?? [])].slice(-2);
    incoming.forEach(({ channel }, place) => {
      const { lamps } = channelOf(state, channel);
      const from = (incoming[0]?.angle ?? 0) - span / 2 + place * span + gap / 2;
      const shown = ids.length === 0 ? [undefined] : ids;
      shown.forEach((snapshotId, ring) => {
        const lamp = snapshotId === undefined ? undefined : lamps.get(snapshotId);
        context.strokeStyle = lamp === undefined ? ink.line : colorOf(snapshotId);
        context.lineWidth = (lamp === 'done' ? 5 : lamp === 'recording' ? 3 : 1.5) * thickness;
        context.setLineDash(lamp === 'recording' ? [3 * thickness, 3 * thickness] : []);
        context.beginPath();
        context.arc(center.x, center.y, geometry.radius + (4 + ring * 6) * thickness, from, from + span - gap);
        context.stroke();
      });
    });
    context.setLineDash([]);
  }
}

function sideOf(geometry: NetworkGeometry, from: string, to: string): number {
  if (from === to) return geometry.angles.get(to)!;
  const [a, b] = [geometry.centers.get(from)!, geometry.centers.get(to)!];
  return Math.atan2(a.y - b.y, a.x - b.x);
}

function badge(context: CanvasRenderingContext2D, { x, y }: Point, text: string): void {
  const ink = inkNow();
  context.font = '600 11px system-ui, sans-serif';
  const width = context.measureText(text).width + 10;
  context.fillStyle = ink.paper;
  context.strokeStyle = ink.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.roundRect(x - width / 2, y - 8, width, 16, 8);
  context.fill();
  context.stroke();
  context.fillStyle = ink.text;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, x, y + 0.5);
}
