/** @jsxImportSource react */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { parseSnapshot } from 'xstate-panorama/file';
import { App } from './app.js';
import { openSession, type Session } from './session.js';
import { say } from './words.js';

const root = createRoot(document.getElementById('root')!);
let session: Session = openSession(undefined, tell);

function show(message = ''): void {
  root.render(
    <StrictMode>
      <App key={session.key} session={session} message={message} tell={tell} restore={(file) => void restore(file)} />
    </StrictMode>,
  );
}

function tell(message: string): void {
  show(message);
}

/** Both start anew from the file's snapshot; a file that is none changes nothing. */
async function restore(file: File): Promise<void> {
  try {
    const snapshot = parseSnapshot(await file.text());
    const next = openSession(snapshot, tell);
    session.stop();
    session = next;
    show(say.restored(snapshot.id));
  } catch (error) {
    tell(String(error));
  }
}

// A file may be dropped anywhere.
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file !== undefined) void restore(file);
});
show();
