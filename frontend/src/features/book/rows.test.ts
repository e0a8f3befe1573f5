import { describe, expect, it } from "vitest";
import type { Level, SymbolTerms } from "@/shared/wire/types";
import { averageText, groupOf, ownByRow, Pulses, portionOf, rowsOf, valueText } from "./rows";

const terms = { symbol: "X", price_scale: 0, quantity_scale: 1 } as SymbolTerms;
const asks: Level[] = [
  ["101", "0.5"],
  ["104", "1.5"],
  ["110", "1"],
  ["111", "2"],
];
const bids: Level[] = [
  ["99", "1"],
  ["95", "2"],
  ["90", "3"],
  ["89", "4"],
];

describe("rows", () => {
  it("are the levels when the step is the tick", () => {
    const rows = rowsOf(asks, "sell", 1n, 10, terms);
    expect(rows.map((row) => row.price)).toEqual([101n, 104n, 110n, 111n]);
    expect(rows.map((row) => row.sum)).toEqual([5n, 20n, 30n, 50n]);
  });
  it("group asks upwards and bids downwards: never a better price than there is", () => {
    expect(rowsOf(asks, "sell", 10n, 10, terms).map((row) => [row.price, row.quantity])).toEqual([
      [110n, 30n],
      [120n, 20n],
    ]);
    expect(rowsOf(bids, "buy", 10n, 10, terms).map((row) => [row.price, row.quantity])).toEqual([
      [90n, 60n],
      [80n, 40n],
    ]);
  });
  it("ends with a whole row", () => {
    const rows = rowsOf(bids, "buy", 10n, 1, terms);
    expect(rows).toHaveLength(1);
    expect(rows[0]!.sum).toBe(60n);
  });
  it("knows the cost of sweeping to a row", () => {
    const [, second] = rowsOf(asks, "sell", 1n, 10, terms);
    expect(valueText(second!, terms)).toBe("206");
    expect(averageText(second!, terms)).toBe("103");
  });
  it("never crosses by grouping", () => {
    for (const step of [1n, 2n, 5n, 10n, 100n]) {
      expect(groupOf(99n, "buy", step)).toBeLessThan(groupOf(101n, "sell", step));
    }
  });
  it("draws no bar for an empty book", () => expect(portionOf(0n, 0n)).toBe(0));
});

it("finds own orders in their rows", () => {
  const order = { symbol: "X", side: "buy" as const, price: "95", remaining_quantity: "0.3" };
  const own = ownByRow([order, { ...order, price: "91" }, { ...order, symbol: "Y" }], "buy", 10n, terms);
  expect([...own]).toEqual([[90n, 6n]]);
});

describe("pulses", () => {
  const rows = (...quantities: number[]) =>
    quantities.map((quantity, index) => ({
      price: BigInt(index),
      quantity: BigInt(quantity),
      sum: 0n,
      value: 0n,
    }));
  it("count changes, not the first sight", () => {
    const pulses = new Pulses();
    expect(pulses.update(rows(1, 2), "a")).toEqual([0, 0]);
    expect(pulses.update(rows(1, 3), "a")).toEqual([0, 1]);
    expect(pulses.update(rows(1, 3), "a")).toEqual([0, 1]);
    expect(pulses.update(rows(5, 3), "b")).toEqual([0, 0]);
  });
  it("distinguish a level that appears from one that comes into view at the end", () => {
    const pulses = new Pulses();
    pulses.update(rows(1), "a");
    expect(pulses.update(rows(1, 2, 3), "a")).toEqual([0, 1, 0]);
  });
});
