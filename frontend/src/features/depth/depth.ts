// The curve of the depth chart: how much stands between the middle and each price.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Level, SymbolTerms } from "@/shared/wire/types";

export interface DepthPoint {
  price: bigint;
  /** Sums from the best price to this one: quantity units, and price units times quantity units. */
  quantity: bigint;
  value: bigint;
}

export interface Depth {
  /** Best first. */
  bids: DepthPoint[];
  asks: DepthPoint[];
  /** Twice the middle price, so that it is whole; null without both sides. */
  doubleMiddle: bigint | null;
  /** The prices at the edges. */
  lowest: bigint;
  highest: bigint;
}

/** The levels within `tenths` (tenths of a per cent) of the middle, with running sums. */
export function depthOf(
  book: { bids: readonly Level[]; asks: readonly Level[] },
  terms: SymbolTerms,
  tenths: number,
): Depth {
  const bids = sums(book.bids, terms);
  const asks = sums(book.asks, terms);
  const [bid, ask] = [bids[0]?.price, asks[0]?.price];
  if (bid === undefined || ask === undefined)
    return { bids, asks, doubleMiddle: null, lowest: 0n, highest: 0n };
  const doubleMiddle = bid + ask;
  const reach = (doubleMiddle * BigInt(tenths)) / 2000n;
  const lowest = doubleMiddle / 2n - reach;
  const highest = (doubleMiddle + 1n) / 2n + reach;
  return {
    bids: bids.filter((point) => point.price >= lowest),
    asks: asks.filter((point) => point.price <= highest),
    doubleMiddle,
    lowest,
    highest,
  };
}

/** The outermost point a price reaches, coming from the middle; undefined inside the spread. */
export function pointAt(
  points: readonly DepthPoint[],
  price: bigint,
  side: "bids" | "asks",
): DepthPoint | undefined {
  let found: DepthPoint | undefined;
  for (const point of points) {
    if (side === "bids" ? point.price < price : point.price > price) break;
    found = point;
  }
  return found;
}

/** The value of a point in the quote asset, as a wire decimal with the price's decimals. */
export function valueText(point: DepthPoint, terms: SymbolTerms): string {
  return fromUnits(point.value / 10n ** BigInt(terms.quantity_scale), terms.price_scale);
}

/** How far a price is from the middle, per cent with two decimals. */
export function distanceText(price: bigint, doubleMiddle: bigint): string {
  return fromUnits(((2n * price - doubleMiddle) * 10_000n) / doubleMiddle, 2);
}

function sums(levels: readonly Level[], terms: SymbolTerms): DepthPoint[] {
  let quantity = 0n;
  let value = 0n;
  return levels.map(([priceText, quantityText]) => {
    const price = toUnits(priceText, terms.price_scale);
    const units = toUnits(quantityText, terms.quantity_scale);
    quantity += units;
    value += price * units;
    return { price, quantity, value };
  });
}
