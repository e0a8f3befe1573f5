// Candles for the tests.

import type { Candle } from "@/shared/wire/types";

/** A candle of a minute. */
export function candle(minute: number, trades = 1, close = "100"): Candle {
  const open_time = minute * 60_000;
  const prices = { open: "100", high: "110", low: "90", close };
  return {
    open_time,
    close_time: open_time + 59_999,
    ...prices,
    volume: "1",
    quote_volume: "100",
    trade_count: trades,
    closed: true,
  };
}
