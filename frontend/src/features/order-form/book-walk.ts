// What an order at market would meet in the book: whole units of the symbol (BigInt), never floats.

import { affordable, feeOn, notional, PPM } from "@/shared/market/amounts";
import { onLot } from "@/shared/market/grid";
import { toUnits } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";

/** A level of the book in the symbol's units. */
export type PriceLevel = readonly [price: bigint, quantity: bigint];

export interface Walk {
  quantity: bigint;
  /** Value of that quantity level by level, without fees. */
  value: bigint;
}

/** What a quantity would trade against these levels (best first). */
export function walkQuantity(terms: SymbolTerms, levels: readonly PriceLevel[], quantity: bigint): Walk {
  let open = quantity;
  let value = 0n;
  for (const [price, offered] of levels) {
    if (open === 0n) break;
    const taken = offered < open ? offered : open;
    value += notional(terms, price, taken);
    open -= taken;
  }
  return { quantity: quantity - open, value };
}

/** What an amount would buy from these levels, fees included, in whole lots. */
export function walkAmount(
  terms: SymbolTerms,
  levels: readonly PriceLevel[],
  amount: bigint,
  rate: string,
): Walk {
  let left = amount;
  let quantity = 0n;
  let value = 0n;
  for (const [price, offered] of levels) {
    const bought = affordable(terms, left, price, rate);
    const taken = offered < bought ? offered : bought;
    const cost = notional(terms, price, taken);
    quantity += taken;
    value += cost;
    left -= cost + feeOn(cost, rate);
    if (taken < offered) break;
  }
  return { quantity, value };
}

/** What whole lots worth at most an amount (before the fee) these levels (best first) would take. */
export function walkValue(terms: SymbolTerms, levels: readonly PriceLevel[], amount: bigint): Walk {
  let quantity = 0n;
  let value = 0n;
  for (const [price, offered] of levels) {
    const sold = onLot(terms, (amount - value) / notional(terms, price, 1n));
    const taken = offered < sold ? offered : sold;
    quantity += taken;
    value += notional(terms, price, taken);
    if (taken < offered) break;
  }
  return { quantity, value };
}

/** The levels (best first) that a market order may reach: no further than its own limit and the symbol's
 * collar around the best of them. */
export function within(
  terms: SymbolTerms,
  levels: readonly PriceLevel[],
  side: "buy" | "sell",
  cap: bigint | null,
): readonly PriceLevel[] {
  const best = levels[0]?.[0];
  if (best === undefined || (cap === null && terms.price_collar_percent === null)) return levels;
  // Rounded toward the best price: down above it, up below it.
  const apart =
    terms.price_collar_percent === null ? null : (best * toUnits(terms.price_collar_percent, 4)) / PPM;
  const isBeyond = (price: bigint) =>
    side === "buy"
      ? (cap !== null && price > cap) || (apart !== null && price > best + apart)
      : (cap !== null && price < cap) || (apart !== null && price < best - apart);
  const end = levels.findIndex(([price]) => isBeyond(price));
  return end === -1 ? levels : levels.slice(0, end);
}

/** How much worse than the best price an average is, in hundredths of a per cent, rounded up. */
export function slippageBasisPoints(terms: SymbolTerms, walk: Walk, best: bigint): bigint {
  const atBest = notional(terms, best, walk.quantity);
  if (atBest <= 0n) return 0n;
  const apart = walk.value > atBest ? walk.value - atBest : atBest - walk.value;
  return (apart * 10_000n + atBest - 1n) / atBest;
}
