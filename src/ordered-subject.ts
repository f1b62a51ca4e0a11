import { Subject } from 'rxjs';

/**
 * What a part of the public face tells: every subscriber hears it in one order. RxJS's own subject tells the next thing at
 * once, even while it tells the last: when one subscriber acts on what it hears, those behind it hear of that in reverse.
 */
export class OrderedSubject<T> extends Subject<T> {
  private readonly waiting: T[] = [];
  private isTelling = false;
  /** How it ends, once all has been told. */
  private end: (() => void) | undefined;

  override next(value: T): void {
    if (this.isTelling) {
      if (this.end === undefined) this.waiting.push(value);
      return;
    }
    this.isTelling = true;
    try {
      super.next(value);
      while (this.waiting.length > 0) super.next(this.waiting.shift()!);
    } finally {
      this.isTelling = false;
    }
    this.end?.();
  }

  override complete(): void {
    this.endBy(() => super.complete());
  }

  override error(error: unknown): void {
    this.endBy(() => super.error(error));
  }

  private endBy(end: () => void): void {
    if (this.isTelling) this.end ??= end;
    else end();
  }
}
