// What the chart calculates around the drawing: candles, marks, read-out, plots, clocks.

import { describe, expect, it } from "vitest";
import type { Fill } from "@/shared/wire/api";
import type { Candle, SymbolSpec } from "@/shared/wire/types";
import { joins, merge } from "./candle-list";
import { marksOf, mergeFills } from "./fill-marks";
import { plotsOf } from "./plots";
import { changeOf } from "./readout";
import { countdown } from "./time-text";

const spec = { symbol: "X", price_scale: 0, quantity_scale: 2 } as SymbolSpec;

function candle(minute: number, trades = 1, close = "100"): Candle {
  const open_time = minute * 60_000;
  const prices = { open: "100", high: "110", low: "90", close };
  return { open_time, close_time: open_time + 59_999, ...prices, volume: "1", quote_volume: "100", trade_count: trades, closed: true };
}

function fill(trade_id: string, minute: number, side: "buy" | "sell", price: string, quantity: string): Fill {
  return { trade_id, symbol: "X", side, price, quantity, timestamp: minute * 60_000 + 5 } as Fill;
}

describe("candles", () => {
  it("join by time, the one that saw more trades counting", () => {
    const merged = merge([candle(1), candle(2, 9)], [candle(2, 3), candle(3)]);
    expect(merged.map((entry) => [entry.open_time / 60_000, entry.trade_count])).toEqual([[1, 1], [2, 9], [3, 1]]);
  });
  it("say when a page leaves a hole", () => {
    expect(joins([candle(1), candle(2)], [candle(2), candle(3)])).toBe(true);
    expect(joins([candle(1), candle(2)], [candle(4)])).toBe(false);
    expect(joins([], [candle(4)])).toBe(true);
  });
});

describe("marks of fills", () => {
  const candles = [candle(1), candle(2), candle(3)];
  it("are one a candle and side, with the average over the quantities", () => {
    const fills = [fill("1", 2, "buy", "100", "1"), fill("2", 2, "buy", "103", "2"), fill("3", 2, "sell", "90", "1")];
    expect(marksOf(fills, candles, spec)).toEqual([
      { openTime: 120_000, side: "buy", count: 2, quantity: "3.00", averagePrice: "102" },
      { openTime: 120_000, side: "sell", count: 1, quantity: "1.00", averagePrice: "90" },
    ]);
  });
  it("leave out what is older than the candles", () => {
    expect(marksOf([fill("1", 0, "buy", "1", "1")], candles, spec)).toEqual([]);
  });
  it("count a fill once, however it arrived, and both sides of a trade with oneself", () => {
    const [bought, sold] = [fill("1", 2, "buy", "1", "1"), fill("1", 2, "sell", "1", "1")];
    expect(mergeFills([bought], [bought, sold])).toHaveLength(2);
  });
});

describe("read-out", () => {
  it("compares with the close before, exactly", () => {
    expect(changeOf(candle(2, 1, "103"), candle(1, 1, "200"), 0)).toEqual({ by: "-97", percent: "-48.50" });
    expect(changeOf(candle(2, 1, "103"), undefined, 0)).toEqual({ by: "3", percent: "3.00" });
  });
});

describe("plots", () => {
  it("are those chosen, each with a value for every candle", () => {
    const closes = Array.from({ length: 80 }, (_, index) => 100 + Math.sin(index));
    const bars = { closes, volumes: closes, rises: closes.map(() => true) };
    const parameters = { ma: [5, 20], ema: [12], bollinger: [20, 2], volume: [], rsi: [14], macd: [12, 26, 9] };
    const plots = plotsOf(bars, { shown: ["ma", "bollinger", "volume", "rsi", "macd"], parameters });
    expect(plots.map((plot) => plot.pane)).toEqual([
      ...["price", "price", "price", "price", "price"],
      ...["volume", "rsi", "macd", "macd", "macd"],
    ]);
    expect(plots.every((plot) => plot.values.length === 80 && plot.values.at(-1) !== null)).toBe(true);
  });
});

it("counts down", () => {
  expect(countdown(0)).toBe("00:00");
  expect(countdown(271_000)).toBe("04:31");
  expect(countdown(3 * 3_600_000 + 61_000)).toBe("3:01:01");
  expect(countdown(2 * 86_400_000 + 60_000)).toBe("2d 00:01");
  expect(countdown(-5)).toBe("00:00");
});
