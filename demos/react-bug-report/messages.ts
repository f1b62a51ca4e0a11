/** What travels between the page and its worker. */

export interface Photo {
  readonly id: number;
}

/** From the desk to the lab. */
export interface Order {
  readonly type: 'ORDER';
  readonly photos: readonly Photo[];
}

/** From the lab to the desk: how far one photo is. */
export interface Progress {
  readonly type: 'PROGRESS';
  readonly id: number;
  readonly percent: number;
}

/** From the lab to the desk: a photo is done. */
export interface Developed {
  readonly type: 'DEVELOPED';
  readonly id: number;
}
