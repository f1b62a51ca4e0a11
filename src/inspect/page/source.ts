/** Where the events come from: the server that sent the page, the page itself, or a file that is dropped on it. */
import { batch } from '@preact/signals';
import type { InspectorEvent } from '../protocol.js';
import { openFile } from '../open-file.js';
import { createRunReader } from '../run-file.js';
import {
  chosenSnapshot,
  files,
  goTo,
  notice,
  run,
  showCut,
  snapshotShown,
  source,
  take,
  tick,
  type LiveSource,
} from './store.js';

/** Begins with what the page has: a run of its own, or a server. */
export function open(): void {
  const own = document.querySelector('#run')?.textContent;
  if (own) openText(own, '');
  else if (location.protocol === 'about:') addEventListener('message', greet);
  else if (location.protocol.startsWith('http')) void connect();
}

/** Inside another page: that one greets this with a port, see `embed/`. */
function greet({ source: sender, data, ports: [port] }: MessageEvent<unknown>): void {
  if (sender !== parent || data !== 'xstate-panorama inspector' || port === undefined) return;
  source.value = { kind: 'live', isConnected: true, send: (command) => port.postMessage(JSON.stringify(command)) };
  port.onmessage = (message: MessageEvent<{ events?: readonly InspectorEvent[]; refused?: string }>) => {
    const { events, refused } = message.data;
    if (refused !== undefined) notice.value = { text: refused, isError: true };
    if (events === undefined) return;
    take(events);
    port.postMessage(null); // more, please
  };
}

/** Opens the text of a file: a recorded run, inspection events, or a snapshot. */
function openText(text: string, name: string): void {
  try {
    const opened = openFile(text);
    if ('events' in opened) {
      source.value = { kind: 'file', name };
      take(opened.events);
      tick.value++;
      goTo(run.lastIndex);
      if (snapshotShown.value !== undefined) showCut(snapshotShown.value.id);
    } else {
      const { snapshot } = opened;
      batch(() => {
        files.value = [
          { id: snapshot.id, title: name || 'snapshot', snapshot, number: undefined },
          ...files.value.filter(({ id }) => id !== snapshot.id),
        ];
        chosenSnapshot.value = snapshot.id;
      });
    }
    if (name !== '') notice.value = { text: `Opened ${name}.`, isError: false };
  } catch (error) {
    notice.value = { text: `${name}: ${(error as Error).message}`, isError: true };
  }
}

/** Pause before another try to connect, in milliseconds. */
const AGAIN_MS = 1500;

async function connect(): Promise<void> {
  const headers: Record<string, string> = { 'x-viewer': crypto.randomUUID() };
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) headers.authorization = `Bearer ${token}`;
  /** One command after the other: requests at the same time may overtake each other. */
  let sent = Promise.resolve();
  const post = async (body: string): Promise<void> => {
    try {
      const response = await fetch('./command', { method: 'POST', headers, body });
      if (!response.ok) notice.value = { text: await response.text(), isError: true };
    } catch {
      notice.value = { text: 'The network is gone: is its program still running?', isError: true };
    }
  };
  const live: LiveSource = {
    kind: 'live',
    isConnected: false,
    send(command) {
      sent = sent.then(() => post(JSON.stringify(command)));
    },
  };
  try {
    const response = await fetch('./events', { headers });
    if (!response.ok || response.body === null) throw new Error(await response.text());
    source.value = { ...live, isConnected: true };
    await readLines(response.body);
    const { value } = notice; // it may have said why
    throw new Error(value?.isError === true ? value.text : 'The network’s program has ended.');
  } catch (error) {
    notice.value = { text: (error as Error).message, isError: true };
    source.value = { ...live, isConnected: false };
    setTimeout(() => void connect(), AGAIN_MS);
  }
}

async function readLines(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const reader = createRunReader();
  const chunks = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
    const lines = (rest + chunk.value).split('\n');
    rest = lines.pop()!;
    for (const line of lines) take(reader.read(line));
  }
}

/** Opens files that are dropped anywhere on the page. */
export function acceptDrops(): void {
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    for (const file of event.dataTransfer?.files ?? []) void readFile(file);
  });
}

/** Opens a file that was chosen. */
export async function readFile(file: File): Promise<void> {
  openText(await file.text(), file.name);
}

/** Offers a text as a file to be saved. */
export function save(name: string, text: string, type = 'text/plain'): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
