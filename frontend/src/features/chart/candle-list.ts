// Lists of candles, oldest first.

import type { Candle } from "@/shared/wire/types";

/** Union by open time, oldest first. Where both have a candle the one that saw more trades counts. */
export function merge(first: readonly Candle[], second: readonly Candle[]): Candle[] {
  const byTime = new Map<number, Candle>();
  for (const candle of [...first, ...second]) {
    const known = byTime.get(candle.open_time);
    if (!known || candle.trade_count >= known.trade_count) byTime.set(candle.open_time, candle);
  }
  return [...byTime.values()].sort((a, b) => a.open_time - b.open_time);
}

/** Whether a newest page reaches back to what is known; otherwise there would be a hole between them. */
export function joins(known: readonly Candle[], found: readonly Candle[]): boolean {
  const last = known.at(-1);
  const first = found[0];
  return !last || !first || first.open_time <= last.open_time;
}
