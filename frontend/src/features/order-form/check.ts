// What the form refuses before it sends, with the same rules and codes as the exchange.

import { toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import { affordable, baseToQuantity, feeOn, holdRate, notional, onLot, parseInput, tickAt } from "./maths";

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
  bestBid: bigint | null;
  bestAsk: bigint | null;
}

export type Field = "price" | "quantity" | "quoteAmount";

/** A reason not to send, as a wire code, with the field it concerns. */
export interface Problem {
  field: Field;
  code: string;
  values?: Record<string, string>;
}

export interface Reading {
  price: bigint | null;
  quantity: bigint | null;
  quoteAmount: bigint | null;
  /** Value and fee in the quote asset's minor units; null while the draft does not say enough. */
  total: bigint | null;
  fee: bigint | null;
  problem: Problem | null;
}

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
    (draft.postOnly && wouldTake(draft.side, price, around)
      ? { field: "price" as const, code: "POST_ONLY_WOULD_TAKE" }
      : null) ??
    limitFundsProblem(draft.side, total, quantity, around);
  return { price, quantity, quoteAmount: null, total, fee, problem };
}

function readMarket(draft: Draft, around: Circumstances): Reading {
  const { spec } = around;
  if (draft.side === "buy" && draft.amountIn === "quote") return readQuoteBuy(draft, around);
  const quantity = parseInput(draft.quantity, spec.quantity_scale);
  const best = draft.side === "buy" ? around.bestAsk : around.bestBid;
  const total = quantity !== null && best !== null ? notional(spec, best, quantity) : null;
  const fee = total === null ? null : feeOn(total, around.takerRate);
  const problem =
    quantityProblem(draft.quantity, quantity, spec) ??
    (draft.side === "sell" ? sellFundsProblem(quantity, around) : null) ??
    (draft.side === "buy" && total !== null && around.available !== null && total + (fee ?? 0n) > around.available
      ? shortOf("quantity")
      : null);
  return { price: null, quantity, quoteAmount: null, total, fee, problem };
}

function readQuoteBuy(draft: Draft, around: Circumstances): Reading {
  const { spec } = around;
  const amount = parseInput(draft.quoteAmount, spec.quote_scale);
  const bought = amount !== null && around.bestAsk !== null ? affordable(spec, amount, around.bestAsk, around.takerRate) : null;
  const value = bought !== null && around.bestAsk !== null ? notional(spec, around.bestAsk, bought) : null;
  const problem =
    amountProblem(draft.quoteAmount, amount) ??
    leastValueProblem(amount, spec, "quoteAmount") ??
    (amount !== null && around.available !== null && amount > around.available ? shortOf("quoteAmount") : null);
  return {
    price: null,
    quantity: bought,
    quoteAmount: amount,
    total: value,
    fee: value === null ? null : feeOn(value, around.takerRate),
    problem,
  };
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
  return price % tickAt(spec, price) === 0n ? null : { field: "price", code: "PRICE_OFF_TICK" };
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
  return onLot(spec, quantity) === quantity ? null : { field: "quantity", code: "QUANTITY_OFF_LOT" };
}

function amountProblem(text: string, amount: bigint | null): Problem | null {
  if (text.trim() === "") return { field: "quoteAmount", code: "MISSING_FIELD" };
  return amount === null ? { field: "quoteAmount", code: "INVALID_NUMBER" } : null;
}

function leastValueProblem(value: bigint | null, spec: SymbolSpec, field: Field): Problem | null {
  if (value === null || value >= toUnits(spec.min_notional, spec.quote_scale)) return null;
  return { field, code: "BELOW_MIN_NOTIONAL", values: { minimum: spec.min_notional, asset: spec.quote_asset } };
}

function limitFundsProblem(
  side: Side,
  total: bigint | null,
  quantity: bigint | null,
  around: Circumstances,
): Problem | null {
  if (side === "sell") return sellFundsProblem(quantity, around);
  if (total === null || around.available === null) return null;
  const held = total + feeOn(total, holdRate(around.makerRate, around.takerRate));
  return held > around.available ? shortOf("quantity") : null;
}

function sellFundsProblem(quantity: bigint | null, around: Circumstances): Problem | null {
  if (quantity === null || around.available === null) return null;
  return quantity > baseToQuantity(around.spec, around.available) ? shortOf("quantity") : null;
}

function shortOf(field: Field): Problem {
  return { field, code: "INSUFFICIENT_BALANCE" };
}

/** Whether an order at this price would meet the other side at once. */
export function wouldTake(side: Side, price: bigint | null, around: Circumstances): boolean {
  if (price === null) return false;
  if (side === "buy") return around.bestAsk !== null && price >= around.bestAsk;
  return around.bestBid !== null && price <= around.bestBid;
}
