// Small stores that components read. Each notifies its readers at most once a frame.

import { useSyncExternalStore } from "react";

/** A value whose readers are notified at most once per animation frame, however often it is set; a value that
 * costs something to make is made only then. */
export class FrameStore<T> {
  private readonly listeners = new Set<() => void>();
  private published: T;
  private make: (() => T) | null = null;
  private publishedAt = -Infinity;

  /** `pauseMs`: after readers were notified, the next notice comes no sooner than this. */
  constructor(
    first: T,
    private readonly pauseMs = 0,
  ) {
    this.published = first;
  }

  set(value: T): void {
    this.setLater(() => value);
  }

  setLater(make: () => T): void {
    const isScheduled = this.make !== null;
    this.make = make;
    if (isScheduled) return;
    const publish = () => requestAnimationFrame(() => this.publish());
    const waitMs = this.publishedAt + this.pauseMs - performance.now();
    if (waitMs <= 0) publish();
    else setTimeout(publish, waitMs);
  }

  get = (): T => this.published;

  /** What will be published next; made now. */
  get newest(): T {
    if (this.make === null) return this.published;
    const value = this.make();
    this.make = () => value;
    return value;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private publish(): void {
    if (this.make === null) return;
    this.published = this.make();
    this.make = null;
    this.publishedAt = performance.now();
    for (const listener of this.listeners) listener();
  }
}

/** One source for all readers of a symbol: it starts with the first reader and ends with the last. */
export class Shared<T extends { start(changed: () => void): () => void }> {
  private readonly open = new Map<string, { source: T; readers: Set<() => void>; stop: () => void }>();

  constructor(private readonly make: (symbol: string) => T) {}

  join(symbol: string, reader: (source: T) => void): () => void {
    const entry = this.open.get(symbol) ?? this.begin(symbol);
    const notify = () => reader(entry.source);
    entry.readers.add(notify);
    notify();
    return () => {
      entry.readers.delete(notify);
      if (entry.readers.size > 0) return;
      this.open.delete(symbol);
      entry.stop();
    };
  }

  private begin(symbol: string) {
    const readers = new Set<() => void>();
    const source = this.make(symbol);
    const entry = { source, readers, stop: source.start(() => readers.forEach((reader) => reader())) };
    this.open.set(symbol, entry);
    return entry;
  }
}

export function useStore<T>(store: FrameStore<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
