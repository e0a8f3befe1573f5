// Single rules of the exchange, with its codes: each says why a value would be refused, or null.

import { toUnits } from "@/shared/numbers";
import { isAuction } from "@/shared/market-status";
import type { SymbolSpec } from "@/shared/wire/types";
import {
  type Draft,
  expiryOf,
  type Field,
  firesBelow,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  type OrderKind,
  type PriceField,
  type Side,
  timeInForceOf,
} from "./draft";
import { onLot, parseInput, type PriceLevel, tickAt, wire } from "./maths";

/** A reason not to send, as a wire code, with the field it concerns. */
export interface Problem {
  field: Field;
  code: string;
  values?: Record<string, string>;
}

export interface Circumstances {
  spec: SymbolSpec;
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

// --- prices and quantities -----------------------------------------------------------------------

export function priceProblem(text: string, price: bigint | null, spec: SymbolSpec, field: Field = "price"): Problem | null {
  if (text.trim() === "") return { field, code: "MISSING_FIELD" };
  if (price === null) return { field, code: "INVALID_NUMBER" };
  const outside =
    price < toUnits(spec.min_price, spec.price_scale) || price > toUnits(spec.max_price, spec.price_scale);
  if (outside) {
    return { field, code: "PRICE_OUT_OF_BOUNDS", values: { minimum: spec.min_price, maximum: spec.max_price } };
  }
  const tick = tickAt(spec, price);
  if (price % tick === 0n) return null;
  return { field, code: "PRICE_OFF_TICK", values: { tick_size: wire(tick, spec.price_scale) } };
}

/** The problem of a field of the draft that holds a price. `optional`: it may be empty. */
export function priceFieldProblem(draft: Draft, field: PriceField, spec: SymbolSpec, optional = false): Problem | null {
  const text = draft[field];
  if (optional && text.trim() === "") return null;
  return priceProblem(text, parseInput(text, spec.price_scale), spec, field);
}

export function quantityProblem(text: string, quantity: bigint | null, spec: SymbolSpec): Problem | null {
  if (text.trim() === "") return { field: "quantity", code: "MISSING_FIELD" };
  if (quantity === null) return { field: "quantity", code: "INVALID_NUMBER" };
  const outside =
    quantity < toUnits(spec.min_quantity, spec.quantity_scale) ||
    quantity > toUnits(spec.max_quantity, spec.quantity_scale);
  if (outside) {
    const values = { minimum: spec.min_quantity, maximum: spec.max_quantity };
    return { field: "quantity", code: "QUANTITY_OUT_OF_BOUNDS", values };
  }
  if (onLot(spec, quantity) === quantity) return null;
  return { field: "quantity", code: "QUANTITY_OFF_LOT", values: { lot_size: spec.lot_size } };
}

export function amountProblem(text: string, amount: bigint | null): Problem | null {
  if (text.trim() === "") return { field: "quoteAmount", code: "MISSING_FIELD" };
  if (amount === 0n) return { field: "quoteAmount", code: "INVALID_AMOUNT" };
  return amount === null ? { field: "quoteAmount", code: "INVALID_NUMBER" } : null;
}

/** What an order is worth, against the least and the most of the symbol. */
export function valueProblem(value: bigint | null, spec: SymbolSpec, field: Field): Problem | null {
  if (value === null) return null;
  if (value < toUnits(spec.min_notional, spec.quote_scale)) {
    return { field, code: "BELOW_MIN_NOTIONAL", values: { minimum: spec.min_notional, asset: spec.quote_asset } };
  }
  if (spec.max_notional !== null && value > toUnits(spec.max_notional, spec.quote_scale)) {
    return { field, code: "ABOVE_MAX_NOTIONAL", values: { maximum: spec.max_notional, asset: spec.quote_asset } };
  }
  return null;
}

export function displayProblem(text: string, quantity: bigint | null, spec: SymbolSpec): Problem | null {
  if (text.trim() === "") return null;
  const shown = parseInput(text, spec.quantity_scale);
  if (shown === null) return { field: "displayQuantity", code: "INVALID_NUMBER" };
  const least = toUnits(spec.min_quantity, spec.quantity_scale);
  if (onLot(spec, shown) !== shown) {
    return { field: "displayQuantity", code: "QUANTITY_OFF_LOT", values: { lot_size: spec.lot_size } };
  }
  if (shown >= least && shown > 0n && (quantity === null || shown < quantity)) return null;
  return { field: "displayQuantity", code: "DISPLAY_OUT_OF_BOUNDS", values: { minimum: spec.min_quantity } };
}

// --- triggers ---------------------------------------------------------------------------------------

/** The price a trigger of this side watches; null while there is none. */
export function watchedPrice(side: Side, source: Draft["triggerSource"], around: Circumstances): bigint | null {
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
  const problem = priceFieldProblem(draft, "triggerPrice", around.spec);
  if (problem || draft.fireIfMet) return problem;
  const trigger = parseInput(draft.triggerPrice, around.spec.price_scale) ?? 0n;
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
    const ppm = parseInput(draft.trailPercent, PERCENT_SCALE);
    if (draft.trailPercent.trim() === "") return { field: "trailPercent", code: "MISSING_FIELD" };
    if (ppm === null) return { field: "trailPercent", code: "INVALID_NUMBER" };
    if (ppm <= 0n || ppm >= 1_000_000n) return { field: "trailPercent", code: "TRAIL_OUT_OF_BOUNDS", values: { maximum: "100" } };
    return none;
  }
  const { spec } = around;
  const offset = parseInput(draft.trailOffset, spec.price_scale);
  if (draft.trailOffset.trim() === "") return { field: "trailOffset", code: "MISSING_FIELD" };
  if (offset === null) return { field: "trailOffset", code: "INVALID_NUMBER" };
  const most = draft.side === "sell" && watched !== null ? watched : toUnits(spec.max_price, spec.price_scale);
  if (offset > 0n && offset < most) return none;
  return { field: "trailOffset", code: "TRAIL_OUT_OF_BOUNDS", values: { maximum: wire(most, spec.price_scale) } };
}

// --- time, links, the state of the market -----------------------------------------------------------

export function expiryProblem(draft: Draft, nowMs: number): Problem | null {
  if (timeInForceOf(draft) !== "gtd") return null;
  const at = expiryOf(draft);
  if (draft.expireDay === "") return { field: "expiry", code: "MISSING_FIELD" };
  return at === null || at <= nowMs ? { field: "expiry", code: "INVALID_EXPIRY" } : null;
}

export function exitsProblem(draft: Draft, spec: SymbolSpec): Problem | null {
  const problem =
    priceFieldProblem(draft, "takeProfitPrice", spec) ??
    priceFieldProblem(draft, "stopPrice", spec) ??
    priceFieldProblem(draft, "stopLimitPrice", spec, true);
  if (problem) return problem;
  const [profit, stop] = [parseInput(draft.takeProfitPrice, spec.price_scale)!, parseInput(draft.stopPrice, spec.price_scale)!];
  return profit > stop ? null : { field: "takeProfitPrice", code: "EXITS_CROSSED" };
}

/** What a market's state does not let enter. (Where nothing enters the button says so.) */
export function statusProblem(draft: Draft, status: string): Problem | null {
  if (status === "post_only" && !isPostOnly(draft)) return { field: "form", code: "SYMBOL_POST_ONLY" };
  if (!isAuction(status) || hasTrigger(draft.kind)) return null;
  const gathers = !isAtMarket(draft) && !isPostOnly(draft) && !["ioc", "fok"].includes(timeInForceOf(draft));
  return gathers ? null : { field: "form", code: "SYMBOL_IN_AUCTION" };
}

/** Whether an order at this price would meet the other side at once; in an auction nothing does. */
export function wouldTake(side: Side, price: bigint | null, around: Circumstances): boolean {
  const best = (side === "buy" ? around.asks : around.bids)[0]?.[0];
  if (price === null || best === undefined || isAuction(around.spec.status)) return false;
  return side === "buy" ? price >= best : price <= best;
}
