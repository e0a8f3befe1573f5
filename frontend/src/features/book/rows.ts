// The book as rows: levels put together in steps of some ticks, with running sums, exact throughout.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Level, Side, SymbolTerms } from "@/shared/wire/types";

export interface Row {
  /** Price units, a multiple of the step. */
  price: bigint;
  /** Quantity units of this row, and from the best price to this row. */
  quantity: bigint;
  sum: bigint;
  /** Price units times quantity units, from the best price to this row. */
  value: bigint;
}

/** Multiples of the tick that rows can be grouped by. */
export const MULTIPLES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] as const;

/** Levels, best first, as at most `count` rows in steps of `step` price units. A bid counts at the step
 * below it and an ask at the one above, so that no row promises a better price than there is. */
export function rowsOf(
  levels: readonly Level[],
  side: Side,
  step: bigint,
  count: number,
  terms: SymbolTerms,
): Row[] {
  const rows: Row[] = [];
  let sum = 0n;
  let value = 0n;
  for (const [priceText, quantityText] of levels) {
    const levelPrice = toUnits(priceText, terms.price_scale);
    const price = groupOf(levelPrice, side, step);
    let row = rows.at(-1);
    if (row?.price !== price) {
      if (rows.length === count) break;
      row = { price, quantity: 0n, sum, value };
      rows.push(row);
    }
    const quantity = toUnits(quantityText, terms.quantity_scale);
    sum += quantity;
    value += quantity * levelPrice;
    row.quantity += quantity;
    row.sum = sum;
    row.value = value;
  }
  return rows;
}

/** The row a price of a side belongs to. */
export function groupOf(price: bigint, side: Side, step: bigint): bigint {
  return side === "buy" ? (price / step) * step : ((price + step - 1n) / step) * step;
}

/** A part of a whole in per cent with one decimal, for a bar. */
export function portionOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : Number((part * 1000n) / whole) / 10;
}

/** What one unit costs on average from the best price to this row, as a wire decimal. */
export function averageText(row: Row, terms: SymbolTerms): string {
  return fromUnits(row.sum === 0n ? 0n : (row.value + row.sum / 2n) / row.sum, terms.price_scale);
}

/** The value from the best price to this row in the quote asset, as a wire decimal with the price's decimals. */
export function valueText(row: Row, terms: SymbolTerms): string {
  return fromUnits(row.value / 10n ** BigInt(terms.quantity_scale), terms.price_scale);
}

/** Open quantities of own orders in the book by row: quantity units. Orders that wait are not in it. */
export function ownByRow(
  orders: Iterable<{
    symbol: string;
    side: Side;
    price: string | null;
    remaining_quantity?: string | null;
    waiting?: boolean;
  }>,
  side: Side,
  step: bigint,
  terms: SymbolTerms,
): Map<bigint, bigint> {
  const own = new Map<bigint, bigint>();
  for (const order of orders) {
    if (order.symbol !== terms.symbol || order.side !== side || order.price === null || order.waiting)
      continue;
    const price = groupOf(toUnits(order.price, terms.price_scale), side, step);
    own.set(price, (own.get(price) ?? 0n) + toUnits(order.remaining_quantity ?? "0", terms.quantity_scale));
  }
  return own;
}

/** How often each row's quantity has changed, so that a change can be shown. Rows seen first in a fresh book
 * have not changed; a level that appears in a known book has. */
export class Pulses {
  private known = new Map<bigint, { quantity: bigint; pulse: number }>();
  private key = "";

  /** The counts of these rows. `key` names what is counted: another symbol or step starts afresh. */
  update(rows: readonly Row[], key: string): number[] {
    const fresh = key !== this.key || this.known.size === 0;
    const last = this.known;
    this.known = new Map();
    this.key = key;
    return rows.map(({ price, quantity }, index) => {
      const before = last.get(price);
      // The last row may only have come into view.
      const appeared = !before && index < rows.length - 1;
      const changed = before ? before.quantity !== quantity : appeared;
      const pulse = fresh ? 0 : (before?.pulse ?? 0) + (changed ? 1 : 0);
      this.known.set(price, { quantity, pulse });
      return pulse;
    });
  }
}
