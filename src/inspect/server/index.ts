/** The inspector page for browsers, served from Node. */
export { serveInspector, type ServedInspector, type ServeOptions } from './serve.js';
export { pageWith } from './page-html.js';
