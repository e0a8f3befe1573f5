// From a draft to an order, and from the exchange's answer back to the form.

import { ApiFailure } from "@/shared/wire/api";
import { whilePending } from "@/shared/wire/pending";
import { newClientOrderId, type NewOrder, type Outcome, placeOrder } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import type { Draft, Field, Problem, Reading } from "./check";
import type { SelfTradePrevention } from "./form-store";
import { wire } from "./maths";

/** The order a draft describes; it must have been read without a problem. */
export function orderOf(draft: Draft, stp: SelfTradePrevention, reading: Reading, spec: SymbolSpec): NewOrder {
  const order = { symbol: spec.symbol, side: draft.side, order_type: draft.kind, stp, client_order_id: newClientOrderId() };
  const quantity = wire(reading.quantity ?? 0n, spec.quantity_scale);
  if (draft.kind === "limit") {
    const options = { time_in_force: draft.timeInForce, post_only: draft.postOnly && draft.timeInForce === "gtc" };
    return { ...order, ...options, price: wire(reading.price ?? 0n, spec.price_scale), quantity };
  }
  if (reading.quoteAmount !== null) return { ...order, quote_amount: wire(reading.quoteAmount, spec.quote_scale) };
  return { ...order, quantity };
}

/** Send an order; it shows as pending until the engine has answered. */
export function sendOrder(order: NewOrder): Promise<Outcome> {
  return whilePending(order, () => placeOrder(order));
}

const FIELDS: Record<string, Field> = { price: "price", quantity: "quantity", quote_amount: "quoteAmount" };
const FIELD_OF_CODE: Record<string, Field> = {
  PRICE_OUT_OF_BAND: "price",
  POST_ONLY_WOULD_TAKE: "price",
  INSUFFICIENT_BALANCE: "quantity",
  BELOW_MIN_NOTIONAL: "quantity",
};

/** What was refused, on the field it concerns. */
export function problemOf(error: unknown, order: NewOrder): Problem {
  if (!(error instanceof ApiFailure)) return { field: "form", code: "INTERNAL" };
  const named = FIELDS[String(error.details.field ?? "")] ?? FIELD_OF_CODE[error.code] ?? "form";
  const field = named === "quantity" && order.quote_amount !== undefined ? "quoteAmount" : named;
  const values = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]));
  return { field, code: error.code, values };
}
