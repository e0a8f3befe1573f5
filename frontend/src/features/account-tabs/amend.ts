// Changing an open order: what to ask the exchange for, and why it would refuse.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Order } from "@/shared/wire/api";
import type { NewTerms } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import { type Problem, priceProblem, quantityProblem } from "@/features/order-form/rules";
import { notional, parseInput, wire } from "@/features/order-form/maths";

/** `reduce` keeps the place in the queue; `replace` goes to its end, or waits for another price. */
export type Amendment =
  | { kind: "none" }
  | { kind: "reduce"; quantity: string }
  | { kind: "replace"; terms: NewTerms };

export interface AmendReading {
  amendment: Amendment;
  problem: Problem | null;
}

/** What a person has typed over an order; quantities are totals, the filled part included. */
export interface NewFigures {
  price: string;
  quantity: string;
  trigger: string;
}

/** Linked orders keep their terms, and so do orders by amount and market orders that trade at once. */
export function canAmend(order: Order): boolean {
  if (order.linked_order_id || order.quantity === null) return false;
  return isLimit(order) || order.waiting === true;
}

export function isLimit(order: Order): boolean {
  return order.order_type.endsWith("limit");
}

/** Whether its price is one to be changed; an order at market may have none. */
export function hasPrice(order: Order): boolean {
  return order.price !== null;
}

/** Whether it waits for a price of its own; a trailing stop's moves by itself. */
export function hasTrigger(order: Order): boolean {
  return order.waiting === true && order.trigger_price != null;
}

/** Read new figures for an order. */
export function readAmendment(order: Order, figures: NewFigures, spec: SymbolSpec): AmendReading {
  const price = parseInput(figures.price, spec.price_scale);
  const trigger = parseInput(figures.trigger, spec.price_scale);
  const quantity = parseInput(figures.quantity, spec.quantity_scale);
  const problem =
    (hasTrigger(order) ? priceProblem(figures.trigger, trigger, spec, "triggerPrice") : null) ??
    (hasPrice(order) ? priceProblem(figures.price, price, spec) : null) ??
    quantityProblem(figures.quantity, quantity, spec);
  if (problem || quantity === null) return { amendment: { kind: "none" }, problem };
  const filled = toUnits(order.filled_quantity, spec.quantity_scale);
  if (quantity <= filled) return { amendment: { kind: "none" }, problem: { field: "quantity", code: "INVALID_REPLACE" } };
  const amendment = amendmentOf(order, hasPrice(order) ? price : null, hasTrigger(order) ? trigger : null, quantity, spec);
  const open = price === null ? null : notional(spec, price, quantity - filled);
  const tooSmall = amendment.kind === "replace" && open !== null && open < toUnits(spec.min_notional, spec.quote_scale);
  return { amendment, problem: tooSmall ? smallProblem(spec) : null };
}

function amendmentOf(order: Order, price: bigint | null, trigger: bigint | null, quantity: bigint, spec: SymbolSpec): Amendment {
  const isSame = (units: bigint | null, text: string | null | undefined) =>
    units === null || units === toUnits(text ?? "0", spec.price_scale);
  const before = toUnits(order.quantity ?? "0", spec.quantity_scale);
  const samePrices = isSame(price, order.price) && isSame(trigger, order.trigger_price);
  if (samePrices && quantity === before) return { kind: "none" };
  const text = wire(quantity, spec.quantity_scale);
  if (samePrices && quantity < before) return { kind: "reduce", quantity: text };
  const terms = {
    ...(price !== null && { price: wire(price, spec.price_scale) }),
    quantity: text,
    ...(trigger !== null && { trigger_price: wire(trigger, spec.price_scale) }),
  };
  return { kind: "replace", terms };
}

function smallProblem(spec: SymbolSpec): Problem {
  const minimum = wire(toUnits(spec.min_notional, spec.quote_scale), spec.quote_scale);
  return { field: "quantity", code: "BELOW_MIN_NOTIONAL", values: { minimum, asset: spec.quote_asset } };
}

/** Price times quantity of an order in the quote asset, as text; null for a market order. */
export function orderValue(order: Order, spec: SymbolSpec): string | null {
  if (order.price === null || order.quantity === null) return null;
  const price = toUnits(order.price, spec.price_scale);
  const quantity = toUnits(order.quantity, spec.quantity_scale);
  return fromUnits(notional(spec, price, quantity), spec.quote_scale);
}
