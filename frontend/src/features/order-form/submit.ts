// From a draft to what is sent, and from the exchange's answer back to the form.

import { ApiFailure } from "@/shared/wire/api";
import { whilePending } from "@/shared/wire/pending";
import { newClientOrderId, type NewOrder, ordersOf, placeTicket, type Ticket } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import type { Reading } from "./check";
import {
  type Draft,
  expiryOf,
  type Field,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  mayBeIceberg,
  mayHaveCap,
  timeInForceOf,
} from "./draft";
import type { SelfTradePrevention } from "./form-store";
import { parseInput, wire } from "./maths";
import { PERCENT_SCALE, type Problem } from "./rules";

/** What holds for every order that is sent. */
export interface Standing {
  stp: SelfTradePrevention;
  /** The order is canceled when the connection it was placed on ends. */
  cancelOnDisconnect: boolean;
}

/** The ticket a draft describes; it must have been read without a problem. */
export function ticketOf(draft: Draft, standing: Standing, reading: Reading, spec: SymbolSpec): Ticket {
  if (draft.kind === "oco") return ocoOf(draft, standing, reading, spec);
  if (draft.kind === "bracket") return bracketOf(draft, standing, reading, spec);
  const order = { ...plainOf(draft, draft.kind, standing, spec), ...sizeOf(reading, spec), ...timeOf(draft) };
  return { op: "order.place", order: { ...order, ...pricesOf(draft, spec), ...optionsOf(draft, spec) } };
}

function plainOf(draft: Draft, order_type: NewOrder["order_type"], { stp, cancelOnDisconnect }: Standing, spec: SymbolSpec): NewOrder {
  const bound = cancelOnDisconnect && { cancel_on_disconnect: true };
  return { symbol: spec.symbol, side: draft.side, order_type, stp, ...bound, client_order_id: newClientOrderId() };
}

function sizeOf(reading: Reading, spec: SymbolSpec): Partial<NewOrder> {
  if (reading.quoteAmount !== null) return { quote_amount: wire(reading.quoteAmount, spec.quote_scale) };
  return { quantity: wire(reading.quantity ?? 0n, spec.quantity_scale) };
}

function timeOf(draft: Draft): Partial<NewOrder> {
  const time_in_force = timeInForceOf(draft);
  const at = expiryOf(draft);
  return time_in_force === "gtd" && at !== null ? { time_in_force, expire_at: at } : { time_in_force };
}

/** The price of a limit order, or the limit that an order at market may have. */
function pricesOf(draft: Draft, spec: SymbolSpec): Partial<NewOrder> {
  const text = isAtMarket(draft) ? (mayHaveCap(draft) ? draft.cap : "") : draft.price;
  return decimal("price", text, spec.price_scale);
}

function optionsOf(draft: Draft, spec: SymbolSpec): Partial<NewOrder> {
  return {
    ...(isPostOnly(draft) && { post_only: true, ...(draft.reprice && { post_only_mode: "reprice" as const }) }),
    ...(mayBeIceberg(draft) && decimal("display_quantity", draft.displayQuantity, spec.quantity_scale)),
    ...(hasTrigger(draft.kind) && triggerOf(draft, spec)),
  };
}

function triggerOf(draft: Draft, spec: SymbolSpec): Partial<NewOrder> {
  const trigger_source = draft.triggerSource;
  if (draft.kind === "trailing_stop") {
    const distance =
      draft.trailBy === "percent"
        ? decimal("trail_percent", draft.trailPercent, PERCENT_SCALE)
        : decimal("trail_offset", draft.trailOffset, spec.price_scale);
    return { trigger_source, ...distance };
  }
  const trigger = decimal("trigger_price", draft.triggerPrice, spec.price_scale);
  return { trigger_source, ...trigger, ...(draft.fireIfMet && { trigger_if_met: "trigger" as const }) };
}

/** A limit order and a stop; with a price of its own the stop enters as a limit order. */
function ocoOf(draft: Draft, standing: Standing, reading: Reading, spec: SymbolSpec): Ticket {
  const both = { ...sizeOf(reading, spec), ...timeOf(draft) };
  const own = decimal("price", draft.stopLimitPrice, spec.price_scale);
  const first = { ...plainOf(draft, "limit", standing, spec), ...both, ...decimal("price", draft.price, spec.price_scale) };
  const second = {
    ...plainOf(draft, own.price === undefined ? "stop" : "stop_limit", standing, spec),
    ...both,
    ...own,
    ...decimal("trigger_price", draft.triggerPrice, spec.price_scale),
    trigger_source: draft.triggerSource,
  };
  return { op: "order.oco", first, second };
}

function bracketOf(draft: Draft, standing: Standing, reading: Reading, spec: SymbolSpec): Ticket {
  const entry = {
    ...plainOf(draft, draft.entryAt, standing, spec),
    ...sizeOf(reading, spec),
    ...timeOf(draft),
    ...pricesOf(draft, spec),
    ...optionsOf(draft, spec),
  };
  const price = (text: string) => wire(parseInput(text, spec.price_scale) ?? 0n, spec.price_scale);
  return {
    op: "order.bracket",
    entry,
    take_profit_price: price(draft.takeProfitPrice),
    stop_price: price(draft.stopPrice),
    ...(draft.stopLimitPrice.trim() !== "" && { stop_limit_price: price(draft.stopLimitPrice) }),
    trigger_source: draft.triggerSource,
  };
}

/** A field with a typed number as the wire writes it; no field where nothing was typed. */
function decimal<Name extends keyof NewOrder>(name: Name, text: string, scale: number): { [Each in Name]?: string } {
  const units = parseInput(text, scale);
  return (units === null ? {} : { [name]: wire(units, scale) }) as { [Each in Name]?: string };
}

/** Send a ticket; its orders show as pending until the engine has answered. */
export function sendTicket(ticket: Ticket): Promise<void> {
  return whilePending(ordersOf(ticket), () => placeTicket(ticket));
}

// --- what was refused -----------------------------------------------------------------------------------

const FIELDS: Record<string, Field> = {
  price: "price",
  quantity: "quantity",
  quote_amount: "quoteAmount",
  expire_at: "expiry",
  display_quantity: "displayQuantity",
  trigger_price: "triggerPrice",
  trail_percent: "trailPercent",
  trail_offset: "trailOffset",
  take_profit_price: "takeProfitPrice",
  stop_price: "stopPrice",
  stop_limit_price: "stopLimitPrice",
};
const FIELD_OF_CODE: Record<string, Field> = {
  PRICE_OUT_OF_BAND: "price",
  POST_ONLY_WOULD_TAKE: "price",
  TRIGGER_WOULD_FIRE: "triggerPrice",
  INSUFFICIENT_BALANCE: "quantity",
  BELOW_MIN_NOTIONAL: "quantity",
};

/** What was refused, on the field it concerns. */
export function problemOf(error: unknown, draft: Draft, ticket: Ticket): Problem {
  if (!(error instanceof ApiFailure)) return { field: "form", code: "INTERNAL" };
  const [leg, inner] = splitPath(String(error.details.field ?? ""));
  const named = FIELDS[inner] ?? FIELD_OF_CODE[error.code] ?? "form";
  const values = Object.fromEntries(Object.entries(error.details).map(([name, value]) => [name, String(value)]));
  return { field: shownField(named, leg, draft, ticket), code: error.code, values };
}

/** "second.price" → the leg and its field. */
function splitPath(path: string): [leg: string, field: string] {
  const [first = "", second] = path.split(".");
  return second === undefined ? ["", first] : [first, second];
}

/** The field of the form where a field of the wire was typed. */
function shownField(field: Field, leg: string, draft: Draft, ticket: Ticket): Field {
  if (field === "price" && leg === "second") return "stopLimitPrice";
  if (field === "price" && isAtMarket(draft)) return mayHaveCap(draft) ? "cap" : "form";
  if (field === "triggerPrice" && draft.kind === "bracket") return "stopPrice";
  const [order] = ordersOf(ticket);
  return field === "quantity" && order?.quote_amount !== undefined ? "quoteAmount" : field;
}
