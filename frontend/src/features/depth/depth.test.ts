import { describe, expect, it } from "vitest";
import type { SymbolTerms } from "@/shared/wire/types";
import { depthOf, distanceText, pointAt, valueText } from "./depth";

const terms = { price_scale: 0, quantity_scale: 2 } as SymbolTerms;
const book = {
  bids: [
    ["990", "1"],
    ["980", "2.5"],
    ["900", "9"],
  ] as const,
  asks: [
    ["1010", "0.5"],
    ["1011", "0.25"],
    ["1200", "4"],
  ] as const,
};

describe("depth", () => {
  it("sums from the middle outwards and leaves out what is beyond the range", () => {
    const depth = depthOf(book, terms, 50);
    expect(depth.doubleMiddle).toBe(2000n);
    expect([depth.lowest, depth.highest]).toEqual([950n, 1050n]);
    expect(depth.bids.map((point) => point.quantity)).toEqual([100n, 350n]);
    expect(depth.asks.map((point) => point.quantity)).toEqual([50n, 75n]);
    expect(valueText(depth.asks[1]!, terms)).toBe("757");
  });
  it("finds what stands up to a price", () => {
    const { bids, asks } = depthOf(book, terms, 50);
    expect(pointAt(bids, 1000n, "bids")).toBeUndefined();
    expect(pointAt(bids, 985n, "bids")?.price).toBe(990n);
    expect(pointAt(bids, 960n, "bids")?.price).toBe(980n);
    expect(pointAt(asks, 1011n, "asks")?.quantity).toBe(75n);
  });
  it("gives how far from the middle", () => {
    expect(distanceText(1010n, 2000n)).toBe("1.00");
    expect(distanceText(995n, 2000n)).toBe("-0.50");
  });
  it("has no middle with one side empty", () => {
    expect(depthOf({ bids: [], asks: book.asks }, terms, 50).doubleMiddle).toBeNull();
  });
});
