import type { Observer, SubscriptionLike } from 'rxjs';

/**
 * What RxJS takes for a subscriber as it is, and makes none for: there are many channels, and that would be half of what
 * an idle one weighs. It stays subscribed until the subject completes, and what it throws goes to whoever calls `next`.
 */
export abstract class LightSubscriber<T> implements Observer<T>, SubscriptionLike {
  abstract next(value: T): void;

  get closed(): boolean {
    return false;
  }

  error(): void {}
  complete(): void {}
  add(): void {}
  remove(): void {}
  unsubscribe(): void {}
}
