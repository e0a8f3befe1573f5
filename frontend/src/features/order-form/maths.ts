// What the order form calculates, as the engine does: whole units of the symbol (BigInt), never floats.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";

const RATE_SCALE = 6;
const PPM = 10n ** BigInt(RATE_SCALE);

/** A decimal as a person types it: digits, at most one dot, group commas allowed. Null if it is none, or
 * finer than the scale. */
export function parseInput(text: string, scale: number): bigint | null {
  const plain = text.replaceAll(",", "").trim();
  if (!/^(\d+\.?\d*|\.\d+)$/.test(plain)) return null;
  const fraction = plain.split(".")[1] ?? "";
  if (fraction.replace(/0+$/, "").length > scale) return null;
  return toUnits(plain.startsWith(".") ? `0${plain}` : plain, scale);
}

/** The tick at a price, in price units. */
export function tickAt(spec: SymbolSpec, price: bigint): bigint {
  let step = 1n;
  for (const band of spec.tick_bands) {
    if (toUnits(band.from_price, spec.price_scale) <= price) step = toUnits(band.tick_size, spec.price_scale);
  }
  return step;
}

/** The next valid price up or down, inside the symbol's bounds. */
export function stepPrice(spec: SymbolSpec, price: bigint, direction: 1 | -1): bigint {
  const lowest = toUnits(spec.min_price, spec.price_scale);
  const highest = toUnits(spec.max_price, spec.price_scale);
  // Going down from a band's first price lands in the band below.
  const step = tickAt(spec, direction === 1 || price === 0n ? price : price - 1n);
  const aligned = direction === 1 ? (price / step + 1n) * step : ((price - 1n) / step) * step;
  return clamp(aligned, lowest, highest);
}

/** A price moved by a share of itself (in per cent), on a valid tick. */
export function shiftPrice(spec: SymbolSpec, price: bigint, percent: bigint): bigint {
  const moved = (price * (100n + percent)) / 100n;
  return clamp(onTick(spec, moved), toUnits(spec.min_price, spec.price_scale), toUnits(spec.max_price, spec.price_scale));
}

/** The highest valid price at or below. */
export function onTick(spec: SymbolSpec, price: bigint): bigint {
  const step = tickAt(spec, price);
  return (price / step) * step;
}

/** The largest quantity at or below that is a multiple of the lot. */
export function onLot(spec: SymbolSpec, quantity: bigint): bigint {
  const lot = toUnits(spec.lot_size, spec.quantity_scale);
  return (quantity / lot) * lot;
}

/** Value of a quantity at a price, in the quote asset's minor units: exact. */
export function notional(spec: SymbolSpec, price: bigint, quantity: bigint): bigint {
  return price * quantity * 10n ** BigInt(spec.quote_scale - spec.price_scale - spec.quantity_scale);
}

/** The fee on an amount at a rate such as "0.0005", rounded up as the engine rounds it. */
export function feeOn(amount: bigint, rate: string): bigint {
  const ppm = toUnits(rate, RATE_SCALE);
  const product = amount * ppm;
  return product > 0n ? (product + PPM - 1n) / PPM : -(-product / PPM);
}

/** The rate an order holds for: the larger of both, never below zero. */
export function holdRate(maker: string, taker: string): string {
  const larger = toUnits(maker, RATE_SCALE) > toUnits(taker, RATE_SCALE) ? maker : taker;
  return toUnits(larger, RATE_SCALE) > 0n ? larger : "0";
}

/** The largest buy an amount pays for at a price, fee included, in whole lots. */
export function affordable(spec: SymbolSpec, amount: bigint, price: bigint, rate: string): bigint {
  if (price <= 0n || amount <= 0n) return 0n;
  const unitCost = notional(spec, price, 1n) * (PPM + toUnits(rate, RATE_SCALE));
  return onLot(spec, (amount * PPM) / unitCost);
}

/** A share (25, 50 …) of an amount, rounded down. */
export function shareOf(amount: bigint, percent: number): bigint {
  return (amount * BigInt(percent)) / 100n;
}

/** Base minor units as quantity units of the symbol, rounded down. */
export function baseToQuantity(spec: SymbolSpec, minor: bigint): bigint {
  return minor / 10n ** BigInt(spec.base_scale - spec.quantity_scale);
}

/** A number for the wire: no group commas, no needless zeros. */
export function wire(units: bigint, scale: number): string {
  const text = fromUnits(units, scale);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

function clamp(value: bigint, lowest: bigint, highest: bigint): bigint {
  return value < lowest ? lowest : value > highest ? highest : value;
}

// --- steps of a quantity ---------------------------------------------------------------------------

/** What one press of + or − moves: the last decimal typed, but never less than a lot. "0.12" moves by 0.01. */
export function quantityStep(spec: SymbolSpec, text: string): bigint {
  const decimals = Math.min(text.split(".")[1]?.length ?? 0, spec.quantity_scale);
  const lot = toUnits(spec.lot_size, spec.quantity_scale);
  const unit = 10n ** BigInt(spec.quantity_scale - decimals);
  return unit > lot ? onLot(spec, unit) : lot;
}

/** A quantity moved by a step, in whole lots and inside the symbol's bounds. Between two lots the first step
 * goes to the next one; where a step down would leave nothing it is a tenth, and again: 0.1, 0.09. */
export function stepQuantity(spec: SymbolSpec, quantity: bigint, step: bigint, direction: 1 | -1): bigint {
  const lot = toUnits(spec.lot_size, spec.quantity_scale);
  const least = toUnits(spec.min_quantity, spec.quantity_scale);
  const most = toUnits(spec.max_quantity, spec.quantity_scale);
  let moved = onLot(spec, step);
  while (direction === -1 && moved > lot && quantity - moved < least) moved = onLot(spec, moved / 10n) || lot;
  // Rounded against the direction, so that what lies between two lots moves to the nearer one ahead.
  const from = direction === 1 ? onLot(spec, quantity) : onLot(spec, quantity + lot - 1n);
  return clamp(from + moved * BigInt(direction), least, most);
}

/** Where an empty quantity starts: the smallest power of ten that is worth enough at the price. */
export function firstQuantity(spec: SymbolSpec, price: bigint): bigint {
  const worth = toUnits(spec.min_notional, spec.quote_scale);
  let quantity = toUnits(spec.min_quantity, spec.quantity_scale);
  while (price > 0n && notional(spec, price, quantity) < worth) quantity *= 10n;
  return onLot(spec, quantity);
}

// --- what a market order would meet ------------------------------------------------------------------

/** A level of the book in the symbol's units. */
export type PriceLevel = readonly [price: bigint, quantity: bigint];

export interface Walk {
  quantity: bigint;
  /** Value of that quantity level by level, without fees. */
  value: bigint;
}

/** What a quantity would trade against these levels (best first). */
export function walkQuantity(spec: SymbolSpec, levels: readonly PriceLevel[], quantity: bigint): Walk {
  let open = quantity;
  let value = 0n;
  for (const [price, offered] of levels) {
    if (open === 0n) break;
    const taken = offered < open ? offered : open;
    value += notional(spec, price, taken);
    open -= taken;
  }
  return { quantity: quantity - open, value };
}

/** What an amount would buy from these levels, fees included, in whole lots. */
export function walkAmount(spec: SymbolSpec, levels: readonly PriceLevel[], amount: bigint, rate: string): Walk {
  let left = amount;
  let quantity = 0n;
  let value = 0n;
  for (const [price, offered] of levels) {
    const bought = affordable(spec, left, price, rate);
    const taken = offered < bought ? offered : bought;
    const cost = notional(spec, price, taken);
    quantity += taken;
    value += cost;
    left -= cost + feeOn(cost, rate);
    if (taken < offered) break;
  }
  return { quantity, value };
}

/** What whole lots worth at most an amount (before the fee) these levels (best first) would take. */
export function walkValue(spec: SymbolSpec, levels: readonly PriceLevel[], amount: bigint): Walk {
  let quantity = 0n;
  let value = 0n;
  for (const [price, offered] of levels) {
    const sold = onLot(spec, (amount - value) / notional(spec, price, 1n));
    const taken = offered < sold ? offered : sold;
    quantity += taken;
    value += notional(spec, price, taken);
    if (taken < offered) break;
  }
  return { quantity, value };
}

/** The levels (best first) that a market order may reach: no further than its own limit and the symbol's
 * collar around the best of them. */
export function within(
  spec: SymbolSpec,
  levels: readonly PriceLevel[],
  side: "buy" | "sell",
  cap: bigint | null,
): readonly PriceLevel[] {
  const best = levels[0]?.[0];
  if (best === undefined || (cap === null && spec.price_collar_percent === null)) return levels;
  // Rounded toward the best price: down above it, up below it.
  const apart = spec.price_collar_percent === null ? null : (best * toUnits(spec.price_collar_percent, 4)) / PPM;
  const isBeyond = (price: bigint) =>
    side === "buy"
      ? (cap !== null && price > cap) || (apart !== null && price > best + apart)
      : (cap !== null && price < cap) || (apart !== null && price < best - apart);
  const end = levels.findIndex(([price]) => isBeyond(price));
  return end === -1 ? levels : levels.slice(0, end);
}

/** How much worse than the best price an average is, in hundredths of a per cent, rounded up. */
export function slippageBasisPoints(spec: SymbolSpec, walk: Walk, best: bigint): bigint {
  const atBest = notional(spec, best, walk.quantity);
  if (atBest <= 0n) return 0n;
  const apart = walk.value > atBest ? walk.value - atBest : atBest - walk.value;
  return (apart * 10_000n + atBest - 1n) / atBest;
}
