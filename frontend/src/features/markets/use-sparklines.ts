// The last day of each market as a line: candles once, then as they close and move, over the socket.

import { useQueries } from "@tanstack/react-query";
import { useEffect } from "react";
import { queryClient } from "@/shared/wire/api";
import { socket } from "@/shared/wire/connection";
import { fetchCandles } from "@/shared/wire/rest";
import type { Candle, Interval } from "@/shared/wire/types";

const INTERVAL: Interval = "15m";
const CANDLES = 96;

/** Closes of the last 24 hours by symbol, oldest first. */
export function useSparklines(symbols: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const results = useQueries({
    queries: symbols.map((symbol) => ({
      queryKey: ["sparkline", symbol],
      queryFn: () => fetchCandles(symbol, INTERVAL, CANDLES),
      staleTime: Infinity,
    })),
  });
  const key = symbols.join(" ");
  useEffect(() => {
    const stops = key
      .split(" ")
      .filter(Boolean)
      .map((symbol) =>
        socket.follow(
          `klines:${INTERVAL}`,
          symbol,
          { onMessage: (message) => take(symbol, message as never) },
          { listed: true },
        ),
      );
    return () => stops.forEach((stop) => stop());
  }, [key]);
  return new Map(
    symbols.map((symbol, index) => [
      symbol,
      (results[index]?.data ?? []).map((candle) => Number(candle.close)),
    ]),
  );
}

function take(symbol: string, message: { candle?: Candle }): void {
  const { candle } = message;
  if (!candle) return;
  queryClient.setQueryData<Candle[]>(["sparkline", symbol], (known) => known && withCandle(known, candle));
}

/** The candles with a newer one added or the last one renewed. A gap is for the next visit to fill. */
function withCandle(known: readonly Candle[], candle: Candle): Candle[] {
  const before = known.filter((other) => other.open_time < candle.open_time);
  return [...before, candle].slice(-CANDLES);
}
