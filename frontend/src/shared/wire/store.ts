// What components read: small stores fed by the socket, each telling its readers at most once a frame.

import { useEffect, useMemo, useSyncExternalStore } from "react";
import { Book, type BookView } from "./book";
import { fetchExecutions, fetchStatistics } from "./rest";
import { type ConnectionStatus, ExchangeSocket } from "./socket";
import type { BookDelta, BookSnapshot, Execution, Statistics } from "./types";

const scheme = location.protocol === "https:" ? "wss" : "ws";
export const socket = new ExchangeSocket(`${scheme}://${location.host}/ws`);

/** A value whose readers are told at most once per animation frame, however often it is set; a value that
 * costs something to make is made only then. */
class FrameStore<T> {
  private readonly listeners = new Set<() => void>();
  private published: T;
  private make: (() => T) | null = null;
  private publishedAt = -Infinity;

  /** `pauseMs`: after readers were told, the next frame that tells them comes no sooner than this. */
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
class Shared<T extends { start(changed: () => void): () => void }> {
  private readonly open = new Map<string, { source: T; readers: Set<() => void>; stop: () => void }>();

  constructor(private readonly make: (symbol: string) => T) {}

  join(symbol: string, reader: (source: T) => void): () => void {
    const entry = this.open.get(symbol) ?? this.begin(symbol);
    const told = () => reader(entry.source);
    entry.readers.add(told);
    told();
    return () => {
      entry.readers.delete(told);
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

function useStore<T>(store: FrameStore<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

// --- the connection --------------------------------------------------------------------------------

export function useConnection(): ConnectionStatus {
  return useSyncExternalStore(
    (listener) => socket.onStatus(listener),
    () => socket.status,
  );
}

// --- statistics ------------------------------------------------------------------------------------

const EMPTY: ReadonlyMap<string, Statistics> = new Map();
/** Nobody reads figures faster. */
const STATISTICS_PAUSE_MS = 100;

/** The 24-hour figures of every symbol, kept current. */
export function useStatistics(symbols: readonly string[]): ReadonlyMap<string, Statistics> {
  const key = symbols.join(" ");
  const store = useMemo(() => new FrameStore(EMPTY, STATISTICS_PAUSE_MS), [key]);
  useEffect(() => {
    const put = (entry: Statistics) => store.set(new Map(store.newest).set(entry.symbol, entry));
    const stops = key
      .split(" ")
      .filter(Boolean)
      .map((symbol) => socket.follow("statistics", symbol, { onMessage: (message) => put(message as never) }));
    fetchStatistics().then(
      (all) => all.filter((entry) => !store.newest.has(entry.symbol)).forEach(put),
      // The socket brings them too; the request only spares the first second.
      () => undefined,
    );
    return () => stops.forEach((stop) => stop());
  }, [key, store]);
  return useStore(store);
}

// --- the book --------------------------------------------------------------------------------------

export interface LiveBook extends BookView {
  /** False while the book may be behind: before the first snapshot, and after the connection broke. */
  current: boolean;
}

/** As often as the exchange sends a book. */
const BOOK_PAUSE_MS = 50;

const NO_BOOK: LiveBook = { bids: [], asks: [], sequence: -1, current: false };

class BookSource {
  readonly book = new Book();
  current = false;

  constructor(private readonly symbol: string) {}

  start(changed: () => void): () => void {
    return socket.follow("book", this.symbol, {
      onMessage: (message) => {
        this.book.apply(message as unknown as BookSnapshot | BookDelta);
        this.current = true;
        changed();
      },
      onStale: () => {
        this.current = false;
        changed();
      },
    });
  }

  view(depth: number): LiveBook {
    return { ...this.book.view(depth), current: this.current };
  }
}

const books = new Shared((symbol) => new BookSource(symbol));

export function useBook(symbol: string, depth: number): LiveBook {
  const store = useMemo(() => new FrameStore<LiveBook>(NO_BOOK, BOOK_PAUSE_MS), [symbol]);
  useEffect(
    () => books.join(symbol, (source) => store.setLater(() => source.view(depth))),
    [symbol, depth, store],
  );
  return useStore(store);
}

// --- trades ----------------------------------------------------------------------------------------

export const TRADES_SHOWN = 60;

class TradesSource {
  private known: readonly Execution[] = [];
  private arrived: Execution[] = [];

  constructor(private readonly symbol: string) {}

  start(changed: () => void): () => void {
    const add = (found: readonly Execution[]) => {
      this.arrived.push(...found);
      // Nobody looks while the page is hidden: keep no more than what will be shown.
      if (this.arrived.length > 20 * TRADES_SHOWN) this.newest();
      changed();
    };
    const stop = socket.follow("trades", this.symbol, {
      onMessage: (message) => add((message.trades ?? [message]) as unknown as Execution[]),
    });
    fetchExecutions(this.symbol, TRADES_SHOWN).then(add, () => undefined);
    return stop;
  }

  newest(): readonly Execution[] {
    if (this.arrived.length > 0) this.known = mergeTrades(this.known, this.arrived, TRADES_SHOWN);
    this.arrived = [];
    return this.known;
  }
}

const trades = new Shared((symbol) => new TradesSource(symbol));

/** Nobody reads trades faster; prices go past in between. */
const TRADES_PAUSE_MS = 80;

/** The newest trades, newest first, without doubles however they arrived. */
export function useTrades(symbol: string): readonly Execution[] {
  const store = useMemo(() => new FrameStore<readonly Execution[]>([], TRADES_PAUSE_MS), [symbol]);
  useEffect(() => trades.join(symbol, (source) => store.setLater(() => source.newest())), [symbol, store]);
  return useStore(store);
}

/** Union by execution id, newest first, at most `limit`. */
export function mergeTrades(
  known: readonly Execution[],
  found: readonly Execution[],
  limit: number,
): readonly Execution[] {
  const byId = new Map(known.map((trade) => [trade.execution_id, trade]));
  for (const trade of found) byId.set(trade.execution_id, trade);
  return [...byId.values()].sort((a, b) => Number(b.execution_id) - Number(a.execution_id)).slice(0, limit);
}
