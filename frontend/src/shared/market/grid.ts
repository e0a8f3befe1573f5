// The grid of a symbol: which prices and quantities are valid, and the next ones from there. Prices and
// quantities are whole units of the symbol (BigInt), as in the engine.

import { toUnits } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";

/** The tick at a price, in price units. */
export function tickAt(terms: SymbolTerms, price: bigint): bigint {
  let step = 1n;
  for (const band of terms.tick_bands) {
    if (toUnits(band.from_price, terms.price_scale) <= price)
      step = toUnits(band.tick_size, terms.price_scale);
  }
  return step;
}

/** The next valid price up or down, inside the symbol's bounds. */
export function stepPrice(terms: SymbolTerms, price: bigint, direction: 1 | -1): bigint {
  // Going down from a band's first price lands in the band below.
  const step = tickAt(terms, direction === 1 || price === 0n ? price : price - 1n);
  const aligned = direction === 1 ? (price / step + 1n) * step : ((price - 1n) / step) * step;
  return boundedPrice(terms, aligned);
}

/** A price moved by a share of itself (in per cent), on a valid tick. */
export function shiftPrice(terms: SymbolTerms, price: bigint, percent: bigint): bigint {
  const moved = (price * (100n + percent)) / 100n;
  return boundedPrice(terms, onTick(terms, moved));
}

/** The highest valid price at or below. */
export function onTick(terms: SymbolTerms, price: bigint): bigint {
  const step = tickAt(terms, price);
  return (price / step) * step;
}

/** The largest quantity at or below that is a multiple of the lot. */
export function onLot(terms: SymbolTerms, quantity: bigint): bigint {
  const lot = toUnits(terms.lot_size, terms.quantity_scale);
  return (quantity / lot) * lot;
}

/** The smallest quantity at or above that is a multiple of the lot. */
export function upToLot(terms: SymbolTerms, quantity: bigint): bigint {
  const lot = toUnits(terms.lot_size, terms.quantity_scale);
  return ((quantity + lot - 1n) / lot) * lot;
}

/** The price, or the nearest bound of the symbol's prices. */
export function boundedPrice(terms: SymbolTerms, price: bigint): bigint {
  return clamp(
    price,
    toUnits(terms.min_price, terms.price_scale),
    toUnits(terms.max_price, terms.price_scale),
  );
}

function clamp(value: bigint, lowest: bigint, highest: bigint): bigint {
  return value < lowest ? lowest : value > highest ? highest : value;
}

/** What one press of + or − moves: the last decimal typed, but never less than a lot. "0.12" moves by 0.01. */
export function quantityStep(terms: SymbolTerms, text: string): bigint {
  const decimals = Math.min(text.split(".")[1]?.length ?? 0, terms.quantity_scale);
  const lot = toUnits(terms.lot_size, terms.quantity_scale);
  const unit = 10n ** BigInt(terms.quantity_scale - decimals);
  return unit > lot ? onLot(terms, unit) : lot;
}

/** A quantity moved by a step, in whole lots and inside the symbol's bounds. Between two lots the first step
 * goes to the next one; where a step down would leave nothing it is a tenth, and again: 0.1, 0.09. */
export function stepQuantity(terms: SymbolTerms, quantity: bigint, step: bigint, direction: 1 | -1): bigint {
  const lot = toUnits(terms.lot_size, terms.quantity_scale);
  const least = upToLot(terms, toUnits(terms.min_quantity, terms.quantity_scale));
  const most = onLot(terms, toUnits(terms.max_quantity, terms.quantity_scale));
  let moved = onLot(terms, step);
  while (direction === -1 && moved > lot && quantity - moved < least)
    moved = onLot(terms, moved / 10n) || lot;
  // Rounded against the direction, so that what lies between two lots moves to the nearer one ahead.
  const from = direction === 1 ? onLot(terms, quantity) : upToLot(terms, quantity);
  return clamp(from + moved * BigInt(direction), least, most);
}
