// What orders are worth and cost, as the engine calculates it: whole units (BigInt), never floats.

import { fromUnits, toUnits, trimZeros } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";
import { onLot, upToLot } from "./grid";

/** Decimals of a rate on the wire: millionths. */
export const RATE_SCALE = 6;

/** Rates count in millionths. */
export const PPM = 10n ** BigInt(RATE_SCALE);

/** Value of a quantity at a price, in the quote asset's minor units: exact. */
export function notional(terms: SymbolTerms, price: bigint, quantity: bigint): bigint {
  return price * quantity * 10n ** BigInt(terms.quote_scale - terms.price_scale - terms.quantity_scale);
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
export function affordable(terms: SymbolTerms, amount: bigint, price: bigint, rate: string): bigint {
  if (price <= 0n || amount <= 0n) return 0n;
  const unitCost = notional(terms, price, 1n) * (PPM + toUnits(rate, RATE_SCALE));
  return onLot(terms, (amount * PPM) / unitCost);
}

/** A share (25, 50 …) of an amount, rounded down. */
export function shareOf(amount: bigint, percent: number): bigint {
  return (amount * BigInt(percent)) / 100n;
}

/** Base minor units as quantity units of the symbol, rounded down. */
export function baseToQuantity(terms: SymbolTerms, minor: bigint): bigint {
  return minor / 10n ** BigInt(terms.base_scale - terms.quantity_scale);
}

/** Where an empty quantity starts: the smallest power of ten that is worth enough at the price. */
export function firstQuantity(terms: SymbolTerms, price: bigint): bigint {
  const worth = toUnits(terms.min_notional, terms.quote_scale);
  let quantity = toUnits(terms.min_quantity, terms.quantity_scale);
  while (price > 0n && notional(terms, price, quantity) < worth) quantity *= 10n;
  return upToLot(terms, quantity);
}

/** A rate in per cent without needless zeros: "0.0005" → "0.05". */
export function ratePercent(rate: string): string {
  return trimZeros(fromUnits(toUnits(rate, RATE_SCALE), RATE_SCALE - 2));
}
