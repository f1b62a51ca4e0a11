/** The inspector page inside a page of one's own, in the browser in which the network runs: nothing is served. */
import { inspectorOf, type Inspector } from '../inspector.js';
import type { WatchedNetwork } from '../local-source.js';
import { parseCommand } from '../parse-command.js';
import { pageHtml } from './page-html.js';

/** A page inside a page. */
export interface EmbeddedInspector {
  readonly frame: HTMLIFrameElement;
  /** Takes it away again. */
  stop(): void;
}

/** What the page is greeted with, together with its line to the inspector; the page has the same text. */
const GREETING = 'xstate-panorama inspector';

/**
 * Puts the inspector page into an element, which it fills. It loads nothing else: it runs in a sandboxed frame, which
 * can reach neither your page nor the network, and gets the inspector's stream over a message port.
 *
 * @param element Where it goes; give it a height.
 * @param shown An inspector that watches a network; or a network or a process alone, to be watched by one.
 */
export function embedInspector(element: Element, shown: Inspector | WatchedNetwork): EmbeddedInspector {
  const inspector = inspectorOf(shown);
  const frame = element.ownerDocument.createElement('iframe');
  frame.title = 'Inspector';
  frame.setAttribute('sandbox', 'allow-scripts allow-downloads');
  frame.style.cssText = 'display: block; width: 100%; height: 100%; border: 0';
  frame.srcdoc = pageHtml;
  let disconnect = () => {};
  frame.addEventListener('load', () => {
    disconnect();
    const { port1, port2 } = new MessageChannel();
    disconnect = connect(inspector, port1);
    frame.contentWindow!.postMessage(GREETING, '*', [port2]);
  });
  element.append(frame);
  return {
    frame,
    stop() {
      disconnect();
      frame.remove();
    },
  };
}

/** One viewer; the next events go when it has taken the last ones. */
function connect(inspector: Inspector, port: MessagePort): () => void {
  let taken = () => {};
  const connection = inspector.connect({
    receive(events) {
      port.postMessage({ events });
      return new Promise((resolve) => (taken = resolve));
    },
  });
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data !== 'string') return taken();
    try {
      connection.command(parseCommand(data));
    } catch (error) {
      port.postMessage({ refused: (error as Error).message });
    }
  };
  return () => {
    connection.close();
    port.close();
  };
}
