// Changing an open order: what to ask the exchange for, and why it would refuse.

import { notional } from "@/shared/market/amounts";
import { fromUnits, toUnits, wireDecimal } from "@/shared/numbers";
import { type Problem, priceProblem, quantityProblem } from "@/shared/order-draft/value-rules";
import { parseTyped } from "@/shared/typed-number";
import type { Order } from "@/shared/wire/api";
import type { OrderChange } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";

/** `reduce` keeps the place in the queue; `replace` goes to its end, or waits for another price. */
export type Amendment =
  | { kind: "none" }
  | { kind: "reduce"; quantity: string }
  | { kind: "replace"; change: OrderChange };

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

function isLimit(order: Order): boolean {
  return order.order_type.endsWith("limit") || order.order_type === "pegged";
}

/** Whether its price is one to be changed; an order at market may have none. */
export function hasPrice(order: Order): boolean {
  return order.price !== null;
}

/** Whether it waits for a price of its own; a trailing stop's moves by itself. */
export function hasOwnTrigger(order: Order): boolean {
  return order.waiting === true && order.trigger_price != null;
}

/** Read new figures for an order. */
export function readAmendment(order: Order, figures: NewFigures, terms: SymbolTerms): AmendReading {
  const price = parseTyped(figures.price, terms.price_scale);
  const trigger = parseTyped(figures.trigger, terms.price_scale);
  const quantity = parseTyped(figures.quantity, terms.quantity_scale);
  const problem = figuresProblem(order, figures, { price, trigger, quantity }, terms);
  if (problem || quantity === null) return { amendment: { kind: "none" }, problem };
  const prevented = toUnits(order.prevented_quantity ?? "0", terms.quantity_scale);
  const done = toUnits(order.filled_quantity, terms.quantity_scale) + prevented;
  const amendment = amendmentOf(
    order,
    hasPrice(order) ? price : null,
    hasOwnTrigger(order) ? trigger : null,
    quantity,
    terms,
  );
  // Lowered to what is done the order ends, whatever the rest would be worth.
  const open = price === null || quantity <= done ? null : notional(terms, price, quantity - done);
  const tooSmall =
    amendment.kind === "replace" && open !== null && open < toUnits(terms.min_notional, terms.quote_scale);
  return { amendment, problem: tooSmall ? smallProblem(terms) : null };
}

type Units = Record<keyof NewFigures, bigint | null>;

/** What the exchange would refuse of the figures that were changed. What stands stays as it was accepted, also
 * where tick, lot or bounds have changed since. */
function figuresProblem(order: Order, figures: NewFigures, units: Units, terms: SymbolTerms): Problem | null {
  const isChanged = (name: keyof NewFigures, before: string | null | undefined, scale: number) =>
    units[name] !== toUnits(before ?? "0", scale);
  const changesTrigger = hasOwnTrigger(order) && isChanged("trigger", order.trigger_price, terms.price_scale);
  const changesPrice = hasPrice(order) && isChanged("price", order.price, terms.price_scale);
  return (
    (changesTrigger ? priceProblem(figures.trigger, units.trigger, terms, "triggerPrice") : null) ??
    (changesPrice ? priceProblem(figures.price, units.price, terms) : null) ??
    (isChanged("quantity", order.quantity, terms.quantity_scale)
      ? quantityProblem(figures.quantity, units.quantity, terms)
      : null)
  );
}

function amendmentOf(
  order: Order,
  price: bigint | null,
  trigger: bigint | null,
  quantity: bigint,
  terms: SymbolTerms,
): Amendment {
  const isSame = (units: bigint | null, text: string | null | undefined) =>
    units === null || units === toUnits(text ?? "0", terms.price_scale);
  const before = toUnits(order.quantity ?? "0", terms.quantity_scale);
  const samePrices = isSame(price, order.price) && isSame(trigger, order.trigger_price);
  if (samePrices && quantity === before) return { kind: "none" };
  const text = wireDecimal(quantity, terms.quantity_scale);
  if (samePrices && quantity < before) return { kind: "reduce", quantity: text };
  const change = {
    ...(price !== null && { price: wireDecimal(price, terms.price_scale) }),
    quantity: text,
    ...(trigger !== null && { trigger_price: wireDecimal(trigger, terms.price_scale) }),
  };
  return { kind: "replace", change };
}

function smallProblem(terms: SymbolTerms): Problem {
  const minimum = wireDecimal(toUnits(terms.min_notional, terms.quote_scale), terms.quote_scale);
  return { field: "quantity", code: "BELOW_MIN_NOTIONAL", values: { minimum, asset: terms.quote_asset } };
}

/** Price times quantity of an order in the quote asset, as text; null for a market order. */
export function orderValue(order: Order, terms: SymbolTerms): string | null {
  if (order.price === null || order.quantity === null) return null;
  const price = toUnits(order.price, terms.price_scale);
  const quantity = toUnits(order.quantity, terms.quantity_scale);
  return fromUnits(notional(terms, price, quantity), terms.quote_scale);
}
