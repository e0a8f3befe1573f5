import { describe, expect, it } from "vitest";
import type { Fill } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import { marksOf, mergeFills } from "./fill-marks";
import { candle } from "./test-candles";

const terms = { symbol: "X", price_scale: 0, quantity_scale: 2 } as SymbolTerms;

function fill(trade_id: string, minute: number, side: "buy" | "sell", price: string, quantity: string): Fill {
  return { trade_id, symbol: "X", side, price, quantity, timestamp: minute * 60_000 + 5 } as Fill;
}

describe("marks of fills", () => {
  const candles = [candle(1), candle(2), candle(3)];
  it("are one a candle and side, with the average over the quantities", () => {
    const fills = [
      fill("1", 2, "buy", "100", "1"),
      fill("2", 2, "buy", "103", "2"),
      fill("3", 2, "sell", "90", "1"),
    ];
    expect(marksOf(fills, candles, terms)).toEqual([
      { openTime: 120_000, side: "buy", count: 2, quantity: "3.00", averagePrice: "102" },
      { openTime: 120_000, side: "sell", count: 1, quantity: "1.00", averagePrice: "90" },
    ]);
  });
  it("leave out what is older than the candles", () => {
    expect(marksOf([fill("1", 0, "buy", "1", "1")], candles, terms)).toEqual([]);
  });
  it("count a fill once, however it arrived, and both sides of a trade with oneself", () => {
    const [bought, sold] = [fill("1", 2, "buy", "1", "1"), fill("1", 2, "sell", "1", "1")];
    expect(mergeFills([bought], [bought, sold])).toHaveLength(2);
  });
});
