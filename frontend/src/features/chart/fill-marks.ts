// Own fills as marks on the candles they happened in: one mark a candle and side.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Fill } from "@/shared/wire/api";
import type { Candle, Side, SymbolTerms } from "@/shared/wire/types";

export interface FillMark {
  /** Open time of the candle. */
  openTime: number;
  side: Side;
  /** Sum of the fills, and what one unit cost on average, as wire decimals. */
  quantity: string;
  averagePrice: string;
  count: number;
}

/** Marks of the fills inside the candles shown, oldest first. */
export function marksOf(fills: readonly Fill[], candles: readonly Candle[], terms: SymbolTerms): FillMark[] {
  const groups = new Map<string, { openTime: number; side: Side; fills: Fill[] }>();
  for (const fill of fills) {
    const candle = candleAt(candles, fill.timestamp);
    if (!candle) continue;
    const key = `${candle.open_time} ${fill.side}`;
    const group = groups.get(key);
    if (group) group.fills.push(fill);
    else groups.set(key, { openTime: candle.open_time, side: fill.side, fills: [fill] });
  }
  return [...groups.values()]
    .sort((a, b) => a.openTime - b.openTime || a.side.localeCompare(b.side))
    .map((group) => ({
      openTime: group.openTime,
      side: group.side,
      count: group.fills.length,
      ...sumOf(group.fills, terms),
    }));
}

/** Both lists as one, each fill once. A trade with oneself has two sides. */
export function mergeFills(first: readonly Fill[], second: readonly Fill[]): Fill[] {
  return [...new Map([...first, ...second].map((fill) => [`${fill.trade_id} ${fill.side}`, fill])).values()];
}

function sumOf(fills: readonly Fill[], terms: SymbolTerms): { quantity: string; averagePrice: string } {
  let quantity = 0n;
  let value = 0n;
  for (const fill of fills) {
    const units = toUnits(fill.quantity, terms.quantity_scale);
    quantity += units;
    value += units * toUnits(fill.price, terms.price_scale);
  }
  return {
    quantity: fromUnits(quantity, terms.quantity_scale),
    averagePrice: fromUnits(quantity === 0n ? 0n : (value + quantity / 2n) / quantity, terms.price_scale),
  };
}

/** The candle a time falls into; undefined before the first. */
function candleAt(candles: readonly Candle[], time: number): Candle | undefined {
  let low = 0;
  let high = candles.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (candles[middle]!.open_time <= time) low = middle + 1;
    else high = middle;
  }
  return candles[low - 1];
}
