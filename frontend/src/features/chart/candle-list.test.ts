import { describe, expect, it } from "vitest";
import { joins, merge } from "./candle-list";
import { candle } from "./test-candles";

describe("candles", () => {
  it("join by time, the one that saw more trades counting", () => {
    const merged = merge([candle(1), candle(2, 9)], [candle(2, 3), candle(3)]);
    expect(merged.map((entry) => [entry.open_time / 60_000, entry.trade_count])).toEqual([
      [1, 1],
      [2, 9],
      [3, 1],
    ]);
  });
  it("notice when a page leaves a hole", () => {
    expect(joins([candle(1), candle(2)], [candle(2), candle(3)])).toBe(true);
    expect(joins([candle(1), candle(2)], [candle(4)])).toBe(false);
    expect(joins([], [candle(4)])).toBe(true);
  });
});
