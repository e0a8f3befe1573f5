// The symbols: listed by REST, their terms and status kept current by the feed.

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { queryClient } from "./api";
import { fetchSymbols } from "./rest";
import { socket } from "./store";
import type { SymbolPush, SymbolSpec } from "./types";

const KEY = ["symbols"];
/** No feed names a symbol nobody has asked about: the list is asked for again. */
const LIST_EVERY_MS = 60_000;
const RETRY_MS = 3_000;

/** Symbols as the feed last told them, while it is complete: newer than any answer on its way. */
const told = new Map<string, SymbolSpec>();

/** The symbols; null until the exchange answers. */
export function useSymbols(): SymbolSpec[] | null {
  const { data } = useQuery({
    queryKey: KEY,
    queryFn: async () => (await fetchSymbols()).map((spec) => told.get(spec.symbol) ?? spec),
    refetchInterval: (query) => (query.state.data ? LIST_EVERY_MS : RETRY_MS),
  });
  return data ?? null;
}

/** Follow every listed symbol while the page is open. */
export function useSymbolFeed(): void {
  const names = useSymbols()?.map((spec) => spec.symbol).join(" ") ?? "";
  useEffect(() => {
    const stops = names.split(" ").filter(Boolean).map(follow);
    return () => stops.forEach((stop) => stop());
  }, [names]);
}

function follow(symbol: string): () => void {
  const stop = socket.follow("symbols", symbol, {
    onMessage: (message) => take(message as unknown as SymbolPush),
    onStale: () => told.delete(symbol),
  });
  return () => {
    told.delete(symbol);
    stop();
  };
}

function take({ type, channel, sequence, prev_sequence, timestamp, ...spec }: SymbolPush): void {
  told.set(spec.symbol, spec);
  queryClient.setQueryData<SymbolSpec[]>(KEY, (listed) =>
    listed?.map((entry) => (entry.symbol === spec.symbol ? spec : entry)),
  );
}
