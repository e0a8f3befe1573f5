// Changing an open order: what to ask the exchange for, and why it would refuse.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Order } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";
import { type Problem, priceProblem, quantityProblem } from "@/features/order-form/check";
import { notional, parseInput, wire } from "@/features/order-form/maths";

/** `reduce` keeps the place in the queue; `replace` goes to its end. */
export type Amendment =
  | { kind: "none" }
  | { kind: "reduce"; quantity: string }
  | { kind: "replace"; price: string; quantity: string };

export interface AmendReading {
  amendment: Amendment;
  problem: Problem | null;
}

/** Read new figures for an order. Quantities are totals, the filled part included. */
export function readAmendment(order: Order, priceText: string, quantityText: string, spec: SymbolSpec): AmendReading {
  const price = parseInput(priceText, spec.price_scale);
  const quantity = parseInput(quantityText, spec.quantity_scale);
  const problem = priceProblem(priceText, price, spec) ?? quantityProblem(quantityText, quantity, spec);
  if (problem || price === null || quantity === null) return { amendment: { kind: "none" }, problem };
  const filled = toUnits(order.filled_quantity, spec.quantity_scale);
  if (quantity <= filled) return { amendment: { kind: "none" }, problem: { field: "quantity", code: "INVALID_REPLACE" } };
  const amendment = amendmentOf(order, price, quantity, spec);
  const open = notional(spec, price, quantity - filled);
  const tooSmall = amendment.kind === "replace" && open < toUnits(spec.min_notional, spec.quote_scale);
  return { amendment, problem: tooSmall ? smallProblem(spec) : null };
}

function amendmentOf(order: Order, price: bigint, quantity: bigint, spec: SymbolSpec): Amendment {
  const samePrice = price === toUnits(order.price ?? "0", spec.price_scale);
  const before = toUnits(order.quantity ?? "0", spec.quantity_scale);
  if (samePrice && quantity === before) return { kind: "none" };
  const text = wire(quantity, spec.quantity_scale);
  if (samePrice && quantity < before) return { kind: "reduce", quantity: text };
  return { kind: "replace", price: wire(price, spec.price_scale), quantity: text };
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
