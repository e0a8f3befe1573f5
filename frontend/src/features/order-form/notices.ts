// Notices of the form.

import { wireDecimal } from "@/shared/numbers";
import { type Draft, hasTrigger, isPostOnly, timeInForceOf } from "@/shared/order-draft/draft";
import { parseTyped } from "@/shared/typed-number";
import type { SymbolTerms } from "@/shared/wire/types";
import { type PriceLevel, slippageBasisPoints, type Walk } from "./book-walk";
import { type Circumstances, isMet, watchedPrice, wouldTake } from "./order-rules";

/** Something a trader should know before sending; it does not stop the order. */
export interface Notice {
  code: "takesAtOnce" | "farFromMarket" | "slips" | "thinBook" | "emptyBook" | "firesAtOnce";
  values?: Record<string, string>;
}

/** Levels of the book a market order is measured against; a book cut off there is not called thin. */
export const MOST_LEVELS = 2_000;
/** A limit this far beyond the best opposite price is likely a slip of the finger. */
const FAR_PERCENT = 5n;
/** From this slippage on a market order gets a notice. */
const SLIPS_BASIS_POINTS = 50n;

export function limitNotice(draft: Draft, price: bigint | null, around: Circumstances): Notice | null {
  if (hasTrigger(draft.kind)) return firesNotice(draft, around);
  if (price === null || isPostOnly(draft) || !wouldTake(draft.side, price, around)) return null;
  const best = (draft.side === "buy" ? around.asks : around.bids)[0]![0];
  const apart = price > best ? price - best : best - price;
  if (apart * 100n >= best * FAR_PERCENT) {
    return { code: "farFromMarket", values: { percent: String((apart * 100n) / best) } };
  }
  return ["ioc", "fok"].includes(timeInForceOf(draft)) ? null : { code: "takesAtOnce" };
}

export function firesNotice(draft: Draft, around: Circumstances): Notice | null {
  const trigger = parseTyped(draft.triggerPrice, around.terms.price_scale);
  if (!draft.fireIfMet || trigger === null || draft.kind === "trailing_stop") return null;
  const watched = watchedPrice(draft.side, draft.triggerSource, around);
  return isMet(draft.kind, draft.side, trigger, watched) ? { code: "firesAtOnce" } : null;
}

/** An amount that takes the whole book would take more if it were there. */
export function wantedFor(walk: Walk, levels: readonly PriceLevel[]): bigint {
  const offered = levels.reduce((sum, [, quantity]) => sum + quantity, 0n);
  return walk.quantity === offered ? walk.quantity + 1n : walk.quantity;
}

export function marketNotice(
  walk: Walk,
  wanted: bigint,
  levels: readonly PriceLevel[],
  terms: SymbolTerms,
): Notice | null {
  const best = levels[0];
  if (best === undefined) return { code: "emptyBook" };
  if (walk.quantity < wanted && levels.length < MOST_LEVELS) {
    return { code: "thinBook", values: { quantity: wireDecimal(walk.quantity, terms.quantity_scale) } };
  }
  const points = slippageBasisPoints(terms, walk, best[0]);
  return points >= SLIPS_BASIS_POINTS ? { code: "slips", values: { percent: wireDecimal(points, 2) } } : null;
}
