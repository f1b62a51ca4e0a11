/** @jsxImportSource react */
import { useSelector, useActorRef } from '@xstate/react';
import { useEffect, useState, version, type ReactNode } from 'react';
import type { AnyActor } from 'xstate';
import { processOf } from 'xstate-panorama';
import { serializeSnapshot } from 'xstate-panorama/file';
import type { Session } from './session.js';
import { say } from './words.js';

export interface AppProps {
  readonly session: Session;
  /** What there is to say: of a bug report saved or restored, or an error. */
  readonly message: string;
  readonly tell: (message: string) => void;
  readonly restore: (file: File) => void;
}

/** The whole page. */
export function App({ session, message, tell, restore }: AppProps) {
  const actor = useActorRef(session.logic, { inspect: session.inspect });
  const { collected, ordered, developed } = useSelector(actor, ({ context }) => context);
  const isConnected = useConnected(actor);
  return (
    <main>
      <h1>{say.title}</h1>
      <p>{say.intro}</p>
      <div className="buttons">
        {[1, 5].map((count) => (
          <button key={count} onClick={() => actor.send({ type: 'HAND_IN', count })}>
            {say.handIn(count)}
          </button>
        ))}
        <button className="report" onClick={() => void saveBugReport(actor).then(say.reported, String).then(tell)}>
          {say.report}
        </button>
      </div>
      <label className="drop">
        {say.dropHere}{' '}
        <input
          type="file"
          onChange={({ target }) => {
            const file = target.files?.[0];
            if (file !== undefined) restore(file);
          }}
        />
      </label>
      <p role="status">{message}</p>
      <Photos title={say.collected} photos={collected} />
      <Photos title={say.ordered} photos={ordered}>
        {({ id, percent }) => <progress aria-label={say.photo(id)} max={100} value={percent} />}
      </Photos>
      <Photos title={say.developed} photos={developed} />
      <footer>
        {isConnected ? say.connected : say.connecting} {say.starts(version, session.starts())}
      </footer>
    </main>
  );
}

interface PhotosProps<TPhoto> {
  readonly title: string;
  readonly photos: readonly TPhoto[];
  readonly children?: (photo: TPhoto) => ReactNode;
}

function Photos<TPhoto extends { readonly id: number }>({ title, photos, children }: PhotosProps<TPhoto>) {
  return (
    <section aria-label={title}>
      <h2>
        {title} <output>{photos.length || say.none}</output>
      </h2>
      <ul>
        {photos.map((photo) => (
          <li key={photo.id}>
            {say.photo(photo.id)} {children?.(photo)}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Whether the worker has answered. */
function useConnected(actor: AnyActor): boolean {
  const [isConnected, setConnected] = useState(false);
  useEffect(() => {
    const links = processOf(actor).links$.subscribe(({ type }) => setConnected(type === 'link.connected'));
    return () => links.unsubscribe();
  }, [actor]);
  return isConnected;
}

/** Takes a snapshot of the page and the worker, and downloads it. Gives its id. */
async function saveBugReport(actor: AnyActor): Promise<string> {
  const snapshot = await processOf(actor).takeSnapshot({ timeoutMs: 5000 });
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([serializeSnapshot(snapshot)], { type: 'text/plain' }));
  link.download = `bug-report-${snapshot.id}.snapshot`;
  link.click();
  URL.revokeObjectURL(link.href);
  return snapshot.id;
}
