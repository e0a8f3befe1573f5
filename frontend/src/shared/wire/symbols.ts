// The symbols: listed by REST, their terms and status kept current by the feed.

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { queryClient } from "./api";
import { socket } from "./connection";
import { fetchSymbols } from "./rest";
import type { SymbolPush, SymbolTerms } from "./types";

const KEY = ["symbols"];
/** The feeds know only symbols that are followed: new ones appear in the list, which is read again. */
const LIST_EVERY_MS = 60_000;
/** As often as a list is read that is longer than the exchange follows for one page. */
const LONG_LIST_EVERY_MS = 10_000;
const RETRY_MS = 3_000;

/** Symbols as the feed last gave them, while it is complete: newer than any answer on its way. */
const current = new Map<string, SymbolTerms>();

/** The symbols; null until the exchange answers. */
export function useSymbols(): SymbolTerms[] | null {
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: async () => (await fetchSymbols()).map((terms) => current.get(terms.symbol) ?? terms),
    refetchInterval: (query) => (query.state.data ? pauseOf(query.state.data) : RETRY_MS),
  });
  return data ?? null;
}

function pauseOf(symbols: readonly SymbolTerms[]): number {
  const isFollowed = ({ symbol }: SymbolTerms) => socket.carries("symbols", symbol);
  return symbols.every(isFollowed) ? LIST_EVERY_MS : LONG_LIST_EVERY_MS;
}

/** Follow the symbol on show, however many are listed. */
export function useOwnSymbolFeed(symbol: string): void {
  useEffect(() => follow(symbol, false), [symbol]);
}

/** Follow every listed symbol while the page is open. */
export function useSymbolFeed(): void {
  const names =
    useSymbols()
      ?.map((terms) => terms.symbol)
      .join(" ") ?? "";
  useEffect(() => {
    const stops = names
      .split(" ")
      .filter(Boolean)
      .map((symbol) => follow(symbol, true));
    return () => stops.forEach((stop) => stop());
  }, [names]);
}

function follow(symbol: string, listed: boolean): () => void {
  const handler = {
    onMessage: (message: object) => take(message as SymbolPush),
    onStale: () => current.delete(symbol),
  };
  const stop = socket.follow("symbols", symbol, handler, { listed });
  return () => {
    current.delete(symbol);
    stop();
  };
}

function take({ type, channel, sequence, prev_sequence, timestamp, ...terms }: SymbolPush): void {
  current.set(terms.symbol, terms);
  queryClient.setQueryData<SymbolTerms[]>(KEY, (listed) =>
    listed?.map((entry) => (entry.symbol === terms.symbol ? terms : entry)),
  );
}
