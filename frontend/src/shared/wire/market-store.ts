// The market as its feeds give it: tickers, books, trades.

import { useEffect, useMemo } from "react";
import { Book, type BookView } from "./book";
import { socket } from "./connection";
import { FrameStore, Shared, useStore } from "./frame-store";
import { fetchTickers, fetchTrades } from "./rest";
import type { BookDelta, BookSnapshot, Ticker, Trade } from "./types";

// --- tickers ---------------------------------------------------------------------------------------

const EMPTY: ReadonlyMap<string, Ticker> = new Map();
/** The eye reads figures no faster. */
const TICKERS_PAUSE_MS = 100;

/** While the exchange does not send them, figures are read as often as this. */
const FIGURES_POLL_MS = 5_000;

/** The topic of all symbols. */
export const ALL = "statistics:all";

/** Figures as they come, of one symbol or (symbol null) of all. */
class FiguresSource {
  private readonly figures = new Map<string, Ticker>();

  constructor(private readonly symbol: string | null) {}

  start(changed: () => void): () => void {
    const channel = this.symbol === null ? ALL : "statistics";
    const put = (found: readonly Ticker[]) => {
      for (const entry of found) this.figures.set(entry.symbol, entry);
      changed();
    };
    const stop = socket.follow(channel, this.symbol, {
      onMessage: (message) => put((message.statistics ?? [message]) as Ticker[]),
    });
    const isCarried = () => socket.carries(channel, this.symbol);
    const isNews = ({ symbol }: Ticker) => !isCarried() || !this.figures.has(symbol);
    const read = () =>
      fetchTickers().then(
        (all) => put(all.filter(isNews)),
        // The socket brings them too, or the next request does.
        () => undefined,
      );
    void read();
    const timer = setInterval(() => isCarried() || void read(), FIGURES_POLL_MS);
    return () => {
      clearInterval(timer);
      stop();
    };
  }

  of(symbols: readonly string[]): ReadonlyMap<string, Ticker> {
    const found = new Map<string, Ticker>();
    for (const symbol of symbols) {
      const entry = this.figures.get(symbol);
      if (entry) found.set(symbol, entry);
    }
    return found;
  }
}

/** The figures by symbol, or of `ALL`. Exported for the tests. */
export const figures = new Shared((symbol) => new FiguresSource(symbol === ALL ? null : symbol));

/** The 24-hour figures of every symbol, kept current: those of one by its own topic, those of many by the one
 * topic of all. */
export function useTickers(symbols: readonly string[]): ReadonlyMap<string, Ticker> {
  const key = symbols.join(" ");
  // biome-ignore lint/correctness/useExhaustiveDependencies: other symbols begin empty
  const store = useMemo(() => new FrameStore(EMPTY, TICKERS_PAUSE_MS), [key]);
  useEffect(() => {
    const names = key.split(" ").filter(Boolean);
    if (names.length === 0) return;
    const source = names.length === 1 ? names[0]! : ALL;
    return figures.join(source, (found) => store.setLater(() => found.of(names)));
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: another symbol begins empty
  const store = useMemo(() => new FrameStore<LiveBook>(NO_BOOK, BOOK_PAUSE_MS), [symbol]);
  useEffect(
    () => books.join(symbol, (source) => store.setLater(() => source.view(depth))),
    [symbol, depth, store],
  );
  return useStore(store);
}

// --- trades ----------------------------------------------------------------------------------------

const TRADES_SHOWN = 60;

class TradesSource {
  private known: readonly Trade[] = [];
  private arrived: Trade[] = [];

  constructor(private readonly symbol: string) {}

  start(changed: () => void): () => void {
    const add = (found: readonly Trade[]) => {
      this.arrived.push(...found);
      // While the page is hidden nothing is published: keep no more than what will be shown.
      if (this.arrived.length > 20 * TRADES_SHOWN) this.newest();
      changed();
    };
    const stop = socket.follow("trades", this.symbol, {
      onMessage: (message) => add((message.trades ?? [message]) as unknown as Trade[]),
    });
    fetchTrades(this.symbol, TRADES_SHOWN).then(add, () => undefined);
    return stop;
  }

  newest(): readonly Trade[] {
    if (this.arrived.length > 0) this.known = mergeTrades(this.known, this.arrived, TRADES_SHOWN);
    this.arrived = [];
    return this.known;
  }
}

const trades = new Shared((symbol) => new TradesSource(symbol));

/** The eye reads trades no faster; prices go past in between. */
const TRADES_PAUSE_MS = 80;

/** The newest trades, newest first, without doubles however they arrived. */
export function useTrades(symbol: string): readonly Trade[] {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another symbol begins empty
  const store = useMemo(() => new FrameStore<readonly Trade[]>([], TRADES_PAUSE_MS), [symbol]);
  useEffect(() => trades.join(symbol, (source) => store.setLater(() => source.newest())), [symbol, store]);
  return useStore(store);
}

/** Union by execution id, newest first, at most `limit`. */
function mergeTrades(known: readonly Trade[], found: readonly Trade[], limit: number): readonly Trade[] {
  const byId = new Map(known.map((trade) => [trade.execution_id, trade]));
  for (const trade of found) byId.set(trade.execution_id, trade);
  return [...byId.values()].sort((a, b) => Number(b.execution_id) - Number(a.execution_id)).slice(0, limit);
}
