// What the form refuses before it sends, with the same rules and codes as the exchange.

import { toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import {
  baseToQuantity,
  feeOn,
  holdRate,
  notional,
  onLot,
  parseInput,
  type PriceLevel,
  slippageBasisPoints,
  tickAt,
  type Walk,
  walkAmount,
  walkQuantity,
  wire,
} from "./maths";

export type Side = "buy" | "sell";
export type OrderKind = "limit" | "market";
export type TimeInForce = "gtc" | "ioc" | "fok";

/** What a person has typed. `amountIn`: whether a market buy names a quantity or an amount to spend. */
export interface Draft {
  side: Side;
  kind: OrderKind;
  price: string;
  quantity: string;
  quoteAmount: string;
  amountIn: "base" | "quote";
  timeInForce: TimeInForce;
  postOnly: boolean;
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
}

/** `form`: the problem is none of a single field. */
export type Field = "price" | "quantity" | "quoteAmount" | "form";

/** A reason not to send, as a wire code, with the field it concerns. */
export interface Problem {
  field: Field;
  code: string;
  values?: Record<string, string>;
}

/** Something a trader should know before sending; it does not stop the order. */
export interface Notice {
  code: "takesAtOnce" | "farFromMarket" | "slips" | "thinBook" | "emptyBook";
  values?: Record<string, string>;
}

export interface Reading {
  price: bigint | null;
  quantity: bigint | null;
  quoteAmount: bigint | null;
  /** Value and fee in the quote asset's minor units; null while the draft does not say enough. */
  total: bigint | null;
  fee: bigint | null;
  /** The rate the fee was taken at. */
  rate: string;
  problem: Problem | null;
  notice: Notice | null;
}

/** Levels of the book a market order is measured against; a book cut off there is not called thin. */
export const MOST_LEVELS = 2_000;
/** A limit this far beyond the best opposite price is likely a slip of the finger. */
const FAR_PERCENT = 5n;
/** From this on the average of a market order is worth a word. */
const SLIPS_BASIS_POINTS = 50n;

/** Read a draft: its numbers, what it would cost, and the first reason not to send it. */
export function readDraft(draft: Draft, around: Circumstances): Reading {
  return draft.kind === "limit" ? readLimit(draft, around) : readMarket(draft, around);
}

function readLimit(draft: Draft, around: Circumstances): Reading {
  const { spec } = around;
  const price = parseInput(draft.price, spec.price_scale);
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const total = price !== null && quantity !== null ? notional(spec, price, quantity) : null;
  const rate = wouldTake(draft.side, price, around) ? around.takerRate : around.makerRate;
  const fee = total === null ? null : feeOn(total, rate);
  const problem =
    priceProblem(draft.price, price, spec) ??
    quantityProblem(draft.quantity, quantity, spec) ??
    leastValueProblem(total, spec, "quantity") ??
    (draft.postOnly ? postOnlyProblem(draft.side, price, around) : null) ??
    limitFundsProblem(draft.side, total, quantity, around);
  return { price, quantity, quoteAmount: null, total, fee, rate, problem, notice: limitNotice(draft, price, around) };
}

function readMarket(draft: Draft, around: Circumstances): Reading {
  const { spec } = around;
  if (draft.side === "buy" && draft.amountIn === "quote") return readQuoteBuy(draft, around);
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const levels = draft.side === "buy" ? around.asks : around.bids;
  const walk = quantity === null ? null : walkQuantity(spec, levels, quantity);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const fee = total === null ? null : feeOn(total, around.takerRate);
  const problem =
    quantityProblem(draft.quantity, quantity, spec) ??
    (draft.side === "sell" ? sellFundsProblem(quantity, around) : buyFundsProblem(total, fee, around));
  const notice = walk === null ? null : marketNotice(walk, quantity ?? 0n, levels, spec);
  return { price: null, quantity, quoteAmount: null, total, fee, rate: around.takerRate, problem, notice };
}

function readQuoteBuy(draft: Draft, around: Circumstances): Reading {
  const { spec, takerRate } = around;
  const amount = parseInput(draft.quoteAmount, spec.quote_scale);
  const walk = amount === null ? null : walkAmount(spec, around.asks, amount, takerRate);
  const total = walk !== null && walk.quantity > 0n ? walk.value : null;
  const problem =
    amountProblem(draft.quoteAmount, amount) ??
    leastValueProblem(amount, spec, "quoteAmount") ??
    (amount !== null && around.available !== null && amount > around.available
      ? shortOf("quoteAmount", amount, around.available, spec.quote_asset, spec.quote_scale)
      : null);
  return {
    price: null,
    quantity: walk?.quantity ?? null,
    quoteAmount: amount,
    total,
    fee: total === null ? null : feeOn(total, takerRate),
    rate: takerRate,
    problem,
    notice: walk === null ? null : marketNotice(walk, wantedFor(walk, around.asks), around.asks, spec),
  };
}

// --- what is worth a word ----------------------------------------------------------------------------

function limitNotice(draft: Draft, price: bigint | null, around: Circumstances): Notice | null {
  if (price === null || draft.postOnly || !wouldTake(draft.side, price, around)) return null;
  const best = (draft.side === "buy" ? around.asks : around.bids)[0]![0];
  const apart = price > best ? price - best : best - price;
  if (apart * 100n >= best * FAR_PERCENT) {
    return { code: "farFromMarket", values: { percent: String((apart * 100n) / best) } };
  }
  return draft.timeInForce === "gtc" ? { code: "takesAtOnce" } : null;
}

/** An amount that takes the whole book would take more if it were there. */
function wantedFor(walk: Walk, levels: readonly PriceLevel[]): bigint {
  const offered = levels.reduce((sum, [, quantity]) => sum + quantity, 0n);
  return walk.quantity === offered ? walk.quantity + 1n : walk.quantity;
}

function marketNotice(
  walk: Walk,
  wanted: bigint,
  levels: readonly PriceLevel[],
  spec: SymbolSpec,
): Notice | null {
  const best = levels[0];
  if (best === undefined) return { code: "emptyBook" };
  if (walk.quantity < wanted && levels.length < MOST_LEVELS) {
    return { code: "thinBook", values: { quantity: wire(walk.quantity, spec.quantity_scale) } };
  }
  const points = slippageBasisPoints(spec, walk, best[0]);
  return points >= SLIPS_BASIS_POINTS ? { code: "slips", values: { percent: wire(points, 2) } } : null;
}

// --- single rules ----------------------------------------------------------------------------------

export function priceProblem(text: string, price: bigint | null, spec: SymbolSpec): Problem | null {
  if (text.trim() === "") return { field: "price", code: "MISSING_FIELD" };
  if (price === null) return { field: "price", code: "INVALID_NUMBER" };
  const outside =
    price < toUnits(spec.min_price, spec.price_scale) || price > toUnits(spec.max_price, spec.price_scale);
  if (outside) {
    return { field: "price", code: "PRICE_OUT_OF_BOUNDS", values: { minimum: spec.min_price, maximum: spec.max_price } };
  }
  const tick = tickAt(spec, price);
  if (price % tick === 0n) return null;
  return { field: "price", code: "PRICE_OFF_TICK", values: { tick_size: wire(tick, spec.price_scale) } };
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

function amountProblem(text: string, amount: bigint | null): Problem | null {
  if (text.trim() === "") return { field: "quoteAmount", code: "MISSING_FIELD" };
  return amount === null ? { field: "quoteAmount", code: "INVALID_NUMBER" } : null;
}

function leastValueProblem(value: bigint | null, spec: SymbolSpec, field: Field): Problem | null {
  if (value === null || value >= toUnits(spec.min_notional, spec.quote_scale)) return null;
  return { field, code: "BELOW_MIN_NOTIONAL", values: { minimum: spec.min_notional, asset: spec.quote_asset } };
}

function postOnlyProblem(side: Side, price: bigint | null, around: Circumstances): Problem | null {
  return wouldTake(side, price, around) ? { field: "price", code: "POST_ONLY_WOULD_TAKE" } : null;
}

function limitFundsProblem(
  side: Side,
  total: bigint | null,
  quantity: bigint | null,
  around: Circumstances,
): Problem | null {
  if (side === "sell") return sellFundsProblem(quantity, around);
  if (total === null) return null;
  return buyFundsProblem(total, feeOn(total, holdRate(around.makerRate, around.takerRate)), around);
}

function buyFundsProblem(total: bigint | null, fee: bigint | null, around: Circumstances): Problem | null {
  const { spec, available } = around;
  if (total === null || available === null) return null;
  const needed = total + (fee ?? 0n);
  return needed > available ? shortOf("quantity", needed, available, spec.quote_asset, spec.quote_scale) : null;
}

function sellFundsProblem(quantity: bigint | null, around: Circumstances): Problem | null {
  const { spec, available } = around;
  if (quantity === null || available === null) return null;
  const sellable = baseToQuantity(spec, available);
  return quantity > sellable ? shortOf("quantity", quantity, sellable, spec.base_asset, spec.quantity_scale) : null;
}

function shortOf(field: Field, required: bigint, available: bigint, asset: string, scale: number): Problem {
  const values = { required: wire(required, scale), available: wire(available, scale), asset };
  return { field, code: "INSUFFICIENT_BALANCE", values };
}

/** Whether an order at this price would meet the other side at once. */
export function wouldTake(side: Side, price: bigint | null, around: Circumstances): boolean {
  const best = (side === "buy" ? around.asks : around.bids)[0]?.[0];
  if (price === null || best === undefined) return false;
  return side === "buy" ? price >= best : price <= best;
}
