// From a draft to what is sent, and from the exchange's answer back to the form.

import { wireDecimal } from "@/shared/numbers";
import {
  type Draft,
  exitSide,
  expiryOf,
  type Field,
  hasExits,
  hasTrigger,
  isAtMarket,
  isPostOnly,
  mayBeIceberg,
  mayHaveCap,
  mayHaveMinimum,
  timeInForceOf,
} from "@/shared/order-draft/draft";
import type { SelfTradePrevention } from "@/shared/order-draft/draft-store";
import type { Problem } from "@/shared/order-draft/value-rules";
import { parseTyped } from "@/shared/typed-number";
import { ApiFailure } from "@/shared/wire/api";
import { whilePending } from "@/shared/wire/pending";
import { type NewOrder, newClientOrderId, ordersOf, placeTicket, type Ticket } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";
import { PERCENT_SCALE } from "./order-rules";
import type { Reading } from "./read-draft";

/** What holds for every order that is sent. */
export interface Standing {
  stp: SelfTradePrevention;
  /** The order is canceled when the connection it was placed on ends. */
  cancelOnDisconnect: boolean;
}

/** The ticket a draft describes; it must have been read without a problem. */
export function ticketOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): Ticket {
  if (draft.kind === "oco") return ocoOf(draft, standing, reading, terms);
  if (draft.kind === "oto") return otoOf(draft, standing, reading, terms);
  if (draft.kind === "otoco") return otocoOf(draft, standing, reading, terms);
  if (draft.kind === "bracket") return bracketOf(draft, standing, reading, terms);
  const order = {
    ...simpleOf(draft, draft.kind, standing, terms),
    ...sizeOf(reading, terms),
    ...timeOf(draft),
  };
  return { op: "order.place", order: { ...order, ...pricesOf(draft, terms), ...optionsOf(draft, terms) } };
}

function simpleOf(
  draft: Draft,
  order_type: NewOrder["order_type"],
  { stp, cancelOnDisconnect }: Standing,
  terms: SymbolTerms,
): NewOrder {
  const bound = cancelOnDisconnect && { cancel_on_disconnect: true };
  return {
    symbol: terms.symbol,
    side: draft.side,
    order_type,
    stp,
    ...bound,
    client_order_id: newClientOrderId(),
  };
}

function sizeOf(reading: Reading, terms: SymbolTerms): Partial<NewOrder> {
  if (reading.quoteAmount !== null)
    return { quote_amount: wireDecimal(reading.quoteAmount, terms.quote_scale) };
  return { quantity: wireDecimal(reading.quantity ?? 0n, terms.quantity_scale) };
}

function timeOf(draft: Draft): Partial<NewOrder> {
  const time_in_force = timeInForceOf(draft);
  const at = expiryOf(draft);
  return time_in_force === "gtd" && at !== null ? { time_in_force, expire_at: at } : { time_in_force };
}

/** The price of a limit order, or the limit that an order at market may have. */
function pricesOf(draft: Draft, terms: SymbolTerms): Partial<NewOrder> {
  if (draft.kind === "market_to_limit") return {};
  const text = isAtMarket(draft) ? (mayHaveCap(draft) ? draft.cap : "") : draft.price;
  return decimal("price", text, terms.price_scale);
}

function optionsOf(draft: Draft, terms: SymbolTerms): Partial<NewOrder> {
  return {
    ...(isPostOnly(draft) && {
      post_only: true,
      ...(draft.reprice && { post_only_mode: "reprice" as const }),
    }),
    ...(mayBeIceberg(draft) && decimal("display_quantity", draft.displayQuantity, terms.quantity_scale)),
    ...(mayHaveMinimum(draft) && decimal("min_quantity", draft.minQuantity, terms.quantity_scale)),
    ...(hasTrigger(draft.kind) && triggerOf(draft, terms)),
    ...(draft.kind === "pegged" && {
      peg: draft.peg,
      ...decimal("peg_offset", draft.pegOffset, terms.price_scale),
    }),
  };
}

function triggerOf(draft: Draft, terms: SymbolTerms): Partial<NewOrder> {
  const trigger_source = draft.triggerSource;
  if (draft.kind === "trailing_stop") {
    const distance =
      draft.trailBy === "percent"
        ? decimal("trail_percent", draft.trailPercent, PERCENT_SCALE)
        : decimal("trail_offset", draft.trailOffset, terms.price_scale);
    return { trigger_source, ...distance };
  }
  const trigger = decimal("trigger_price", draft.triggerPrice, terms.price_scale);
  return { trigger_source, ...trigger, ...(draft.fireIfMet && { trigger_if_met: "trigger" as const }) };
}

/** A limit order and a stop; with a price of its own the stop enters as a limit order. */
function ocoOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): Ticket {
  const both = { ...sizeOf(reading, terms), ...timeOf(draft) };
  const own = decimal("price", draft.stopLimitPrice, terms.price_scale);
  const first = {
    ...simpleOf(draft, "limit", standing, terms),
    ...both,
    ...decimal("price", draft.price, terms.price_scale),
  };
  const second = {
    ...simpleOf(draft, own.price === undefined ? "stop" : "stop_limit", standing, terms),
    ...both,
    ...own,
    ...decimal("trigger_price", draft.triggerPrice, terms.price_scale),
    trigger_source: draft.triggerSource,
  };
  return { op: "order.oco", first, second };
}

/** A limit order, and one of the other side for as much that enters when it is filled. */
function otoOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): Ticket {
  const working = workingOf(draft, standing, reading, terms);
  return { op: "order.oto", working, pending: profitOf(draft, standing, reading, terms) };
}

function workingOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): NewOrder {
  return {
    ...simpleOf(draft, "limit", standing, terms),
    ...sizeOf(reading, terms),
    ...timeOf(draft),
    ...pricesOf(draft, terms),
    ...optionsOf(draft, terms),
  };
}

function profitOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): NewOrder {
  return {
    ...simpleOf({ ...draft, side: exitSide(draft) }, "limit", standing, terms),
    ...sizeOf(reading, terms),
    ...decimal("price", draft.takeProfitPrice, terms.price_scale),
  };
}

/** A limit order, and two of the other side for as much, of which one is to trade once it is filled. */
function otocoOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): Ticket {
  const own = decimal("price", draft.stopLimitPrice, terms.price_scale);
  const kind = own.price === undefined ? "stop" : "stop_limit";
  const second = {
    ...simpleOf({ ...draft, side: exitSide(draft) }, kind, standing, terms),
    ...sizeOf(reading, terms),
    ...own,
    ...decimal("trigger_price", draft.stopPrice, terms.price_scale),
    trigger_source: draft.triggerSource,
  };
  const working = workingOf(draft, standing, reading, terms);
  return { op: "order.otoco", working, first: profitOf(draft, standing, reading, terms), second };
}

function bracketOf(draft: Draft, standing: Standing, reading: Reading, terms: SymbolTerms): Ticket {
  const entry = {
    ...simpleOf(draft, draft.entryAt, standing, terms),
    ...sizeOf(reading, terms),
    ...timeOf(draft),
    ...pricesOf(draft, terms),
    ...optionsOf(draft, terms),
  };
  const price = (text: string) => wireDecimal(parseTyped(text, terms.price_scale) ?? 0n, terms.price_scale);
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
function decimal<Name extends keyof NewOrder>(
  name: Name,
  text: string,
  scale: number,
): { [Each in Name]?: string } {
  const units = parseTyped(text, scale);
  return (units === null ? {} : { [name]: wireDecimal(units, scale) }) as { [Each in Name]?: string };
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
  min_quantity: "minQuantity",
  trigger_price: "triggerPrice",
  trail_percent: "trailPercent",
  trail_offset: "trailOffset",
  peg_offset: "pegOffset",
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
  const values = Object.fromEntries(
    Object.entries(error.details).map(([name, value]) => [name, String(value)]),
  );
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
  if (field === "price" && (leg === "pending" || (leg === "first" && draft.kind === "otoco")))
    return "takeProfitPrice";
  if (field === "price" && isAtMarket(draft)) return mayHaveCap(draft) ? "cap" : "form";
  if (field === "triggerPrice" && hasExits(draft.kind)) return "stopPrice";
  const [order] = ordersOf(ticket);
  return field === "quantity" && order?.quote_amount !== undefined ? "quoteAmount" : field;
}
