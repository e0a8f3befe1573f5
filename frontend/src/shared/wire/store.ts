// What components read: small stores fed by the socket, each telling its readers at most once a frame.

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { Book, type BookView } from "./book";
import { fetchExecutions, fetchStatistics, fetchSymbols } from "./rest";
import { type ConnectionStatus, ExchangeSocket } from "./socket";
import type { BookDelta, BookSnapshot, Execution, Statistics, SymbolSpec } from "./types";

const scheme = location.protocol === "https:" ? "wss" : "ws";
export const socket = new ExchangeSocket(`${scheme}://${location.host}/ws`);

/** A value whose readers are told at most once per animation frame, however often it is set. */
class FrameStore<T> {
  private readonly listeners = new Set<() => void>();
  private published: T;
  private scheduled = false;

  constructor(private latest: T) {
    this.published = latest;
  }

  set(value: T): void {
    this.latest = value;
    if (this.scheduled) return;
    this.scheduled = true;
    requestAnimationFrame(() => {
      this.scheduled = false;
      this.published = this.latest;
      for (const listener of this.listeners) listener();
    });
  }

  get = (): T => this.published;
  get newest(): T {
    return this.latest;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
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

// --- symbols ---------------------------------------------------------------------------------------

const SYMBOLS_EVERY_MS = 60_000;
const SYMBOLS_RETRY_MS = 3_000;

/** The symbols (null until the exchange answers), asked again once a minute, so that a newly listed or
 * halted symbol shows without a reload. */
export function useSymbols(): SymbolSpec[] | null {
  const { data } = useQuery({
    queryKey: ["symbols"],
    queryFn: fetchSymbols,
    refetchInterval: (query) => (query.state.data ? SYMBOLS_EVERY_MS : SYMBOLS_RETRY_MS),
  });
  return data ?? null;
}

// --- statistics ------------------------------------------------------------------------------------

const EMPTY: ReadonlyMap<string, Statistics> = new Map();

/** The 24-hour figures of every symbol, kept current. */
export function useStatistics(symbols: readonly string[]): ReadonlyMap<string, Statistics> {
  const key = symbols.join(" ");
  const store = useMemo(() => new FrameStore(EMPTY), [key]);
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

const NO_BOOK: LiveBook = { bids: [], asks: [], sequence: -1, current: false };

export function useBook(symbol: string, depth: number): LiveBook {
  const store = useMemo(() => new FrameStore<LiveBook>(NO_BOOK), [symbol]);
  useEffect(() => {
    const book = new Book();
    return socket.follow("book", symbol, {
      onMessage: (message) => {
        book.apply(message as unknown as BookSnapshot | BookDelta);
        store.set({ ...book.view(depth), current: true });
      },
      onStale: () => store.set({ ...store.newest, current: false }),
    });
  }, [symbol, depth, store]);
  return useStore(store);
}

// --- trades ----------------------------------------------------------------------------------------

export const TRADES_SHOWN = 60;

/** The newest trades, newest first, without doubles however they arrived. */
export function useTrades(symbol: string): readonly Execution[] {
  const store = useMemo(() => new FrameStore<readonly Execution[]>([]), [symbol]);
  useEffect(() => {
    const add = (found: readonly Execution[]) => store.set(mergeTrades(store.newest, found, TRADES_SHOWN));
    const stop = socket.follow("trades", symbol, {
      onMessage: (message) => add((message.trades ?? [message]) as unknown as Execution[]),
    });
    fetchExecutions(symbol, TRADES_SHOWN).then(add, () => undefined);
    return stop;
  }, [symbol, store]);
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
