// Rules of the exchange about an order in its circumstances, with its codes: each gives the reason the order
// would be refused, or null.

import { isAuction } from "@/shared/market/market-status";
import { toUnits, wireDecimal } from "@/shared/numbers";
import {
  type Draft,
  exitSide,
  expiryOf,
  firesBelow,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  type OrderKind,
  type Side,
  timeInForceOf,
} from "@/shared/order-draft/draft";
import { type Problem, priceFieldProblem } from "@/shared/order-draft/value-rules";
import { parseTyped } from "@/shared/typed-number";
import type { SymbolTerms } from "@/shared/wire/types";
import type { PriceLevel } from "./book-walk";

export interface Circumstances {
  terms: SymbolTerms;
  makerRate: string;
  takerRate: string;
  /** Minor units available of the asset the order is paid in; null for a visitor. */
  available: bigint | null;
  /** The book as far as it is known, best first. */
  bids: readonly PriceLevel[];
  asks: readonly PriceLevel[];
  /** The last price in price units; null before the first trade. */
  last: bigint | null;
}

// --- triggers ---------------------------------------------------------------------------------------

/** The price a trigger of this side watches; null while there is none. */
export function watchedPrice(
  side: Side,
  source: Draft["triggerSource"],
  around: Circumstances,
): bigint | null {
  if (source === "last") return around.last;
  return (side === "sell" ? around.bids : around.asks)[0]?.[0] ?? null;
}

/** Whether a trigger is reached as the market stands. */
export function isMet(kind: OrderKind, side: Side, trigger: bigint, watched: bigint | null): boolean {
  if (watched === null) return false;
  return firesBelow(kind, side) ? watched <= trigger : watched >= trigger;
}

/** The trigger of a stop or take-profit, or of an OCO's stop. */
export function triggerProblem(draft: Draft, around: Circumstances): Problem | null {
  const problem = priceFieldProblem(draft, "triggerPrice", around.terms);
  if (problem || draft.fireIfMet) return problem;
  const trigger = parseTyped(draft.triggerPrice, around.terms.price_scale) ?? 0n;
  const kind = draft.kind === "oco" ? "stop" : draft.kind;
  const met = isMet(kind, draft.side, trigger, watchedPrice(draft.side, draft.triggerSource, around));
  return met ? { field: "triggerPrice", code: "TRIGGER_WOULD_FIRE" } : null;
}

/** Decimals of a percentage. */
export const PERCENT_SCALE = 4;

/** The distance of a trailing stop, and whether there is a price to follow. */
export function trailProblem(draft: Draft, around: Circumstances): Problem | null {
  const watched = watchedPrice(draft.side, draft.triggerSource, around);
  const none: Problem | null = watched === null ? { field: "form", code: "NO_REFERENCE_PRICE" } : null;
  if (draft.trailBy === "percent") {
    const ppm = parseTyped(draft.trailPercent, PERCENT_SCALE);
    if (draft.trailPercent.trim() === "") return { field: "trailPercent", code: "MISSING_FIELD" };
    if (ppm === null) return { field: "trailPercent", code: "INVALID_NUMBER" };
    if (ppm <= 0n || ppm >= 1_000_000n)
      return { field: "trailPercent", code: "TRAIL_OUT_OF_BOUNDS", values: { maximum: "100" } };
    return none;
  }
  const { terms } = around;
  const offset = parseTyped(draft.trailOffset, terms.price_scale);
  if (draft.trailOffset.trim() === "") return { field: "trailOffset", code: "MISSING_FIELD" };
  if (offset === null) return { field: "trailOffset", code: "INVALID_NUMBER" };
  const most =
    draft.side === "sell" && watched !== null ? watched : toUnits(terms.max_price, terms.price_scale);
  if (offset > 0n && offset < most) return none;
  return {
    field: "trailOffset",
    code: "TRAIL_OUT_OF_BOUNDS",
    values: { maximum: wireDecimal(most, terms.price_scale) },
  };
}

// --- pegs ---------------------------------------------------------------------------------------------

/** How far a pegged order stays from what it follows: at the best price of the other side it would take. */
export function pegProblem(draft: Draft, terms: SymbolTerms): Problem | null {
  const field = "pegOffset";
  const least = draft.peg === "market" ? 1n : 0n;
  if (draft.pegOffset.trim() === "") return least === 0n ? null : { field, code: "MISSING_FIELD" };
  const offset = parseTyped(draft.pegOffset, terms.price_scale);
  if (offset === null) return { field, code: "INVALID_NUMBER" };
  if (offset >= least && offset <= toUnits(terms.max_price, terms.price_scale)) return null;
  const values = { minimum: wireDecimal(least, terms.price_scale), maximum: terms.max_price };
  return { field, code: "PRICE_OUT_OF_BOUNDS", values };
}

// --- time, links, the state of the market -----------------------------------------------------------

export function expiryProblem(draft: Draft, nowMs: number): Problem | null {
  if (timeInForceOf(draft) !== "gtd") return null;
  const at = expiryOf(draft);
  if (draft.expireDay === "") return { field: "expiry", code: "MISSING_FIELD" };
  return at === null || at <= nowMs ? { field: "expiry", code: "INVALID_EXPIRY" } : null;
}

/** The prices of two exits; a stop that buys has to name its worst price. */
export function exitsProblem(draft: Draft, terms: SymbolTerms): Problem | null {
  const sells = exitSide(draft) === "sell";
  const problem =
    priceFieldProblem(draft, "takeProfitPrice", terms) ??
    priceFieldProblem(draft, "stopPrice", terms) ??
    priceFieldProblem(draft, "stopLimitPrice", terms, sells);
  if (problem) return problem;
  const [profit, stop] = [
    parseTyped(draft.takeProfitPrice, terms.price_scale)!,
    parseTyped(draft.stopPrice, terms.price_scale)!,
  ];
  if (sells ? profit > stop : profit < stop) return null;
  return { field: "takeProfitPrice", code: sells ? "EXITS_CROSSED" : "BUY_EXITS_CROSSED" };
}

/** What a market's state does not let enter. (Where nothing enters, the button shows it.) */
export function statusProblem(draft: Draft, status: string): Problem | null {
  if (status === "post_only" && !isPostOnly(draft)) return { field: "form", code: "SYMBOL_POST_ONLY" };
  if (!isAuction(status) || hasTrigger(draft.kind)) return null;
  const rests = !isAtMarket(draft) && !isPostOnly(draft) && draft.kind !== "pegged";
  const gathers = rests && !["ioc", "fok"].includes(timeInForceOf(draft));
  return gathers ? null : { field: "form", code: "SYMBOL_IN_AUCTION" };
}

/** Whether an order pays as taker for what it trades at first; a pegged one never does. */
export function takes(draft: Draft, price: bigint | null, around: Circumstances): boolean {
  if (draft.kind === "pegged") return false;
  return isAtMarket(draft) || hasTrigger(draft.kind) || wouldTake(draft.side, price, around);
}

/** Whether an order at this price would meet the other side at once; in an auction nothing does. */
export function wouldTake(side: Side, price: bigint | null, around: Circumstances): boolean {
  const best = (side === "buy" ? around.asks : around.bids)[0]?.[0];
  if (price === null || best === undefined || isAuction(around.terms.status)) return false;
  return side === "buy" ? price >= best : price <= best;
}
