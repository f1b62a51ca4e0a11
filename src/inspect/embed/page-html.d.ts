/** The built page; `npm run build` writes the module. */
export declare const pageHtml: string;
