// What a ticket will do, in sentences: for the question before it is sent.

import type { TFunction } from "i18next";
import { grouped } from "@/shared/numbers";
import { ordersOf, type NewOrder, type Ticket } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import { firesBelow, type OrderKind } from "./draft";

type Words = TFunction<"order">;

/** The sentences, in the order in which things will happen. */
export function sentencesOf(ticket: Ticket, spec: SymbolSpec, t: Words, timeText: (at: number) => string): string[] {
  const [order] = ordersOf(ticket);
  if (!order) return [];
  const sentences = [...actsOf(ticket, spec, t)];
  if (order.display_quantity) sentences.push(t("says.iceberg", { quantity: `${grouped(order.display_quantity)} ${spec.base_asset}` }));
  if (order.post_only) sentences.push(t(order.post_only_mode === "reprice" ? "says.reprice" : "says.postOnly"));
  if (order.expire_at !== undefined) sentences.push(t("says.expires", { time: timeText(order.expire_at) }));
  else if (order.time_in_force && order.order_type !== "market") sentences.push(t(`timesInForceHelp.${order.time_in_force}`));
  if (order.cancel_on_disconnect) sentences.push(t("says.disconnect"));
  return sentences;
}

function actsOf(ticket: Ticket, spec: SymbolSpec, t: Words): string[] {
  if (ticket.op === "order.place") return [actOf(ticket.order, spec, t)];
  if (ticket.op === "order.oco") return [actOf(ticket.first, spec, t), actOf(ticket.second, spec, t), t("says.oco")];
  const quote = (price: string) => `${grouped(price)} ${spec.quote_asset}`;
  const stop = { watched: t(ticket.trigger_source === "quote" ? "says.bid" : "says.last"), trigger: quote(ticket.stop_price) };
  const limit = ticket.stop_limit_price;
  return [
    actOf(ticket.entry, spec, t),
    t("says.takeProfit", { price: quote(ticket.take_profit_price) }),
    limit === undefined ? t("says.stop", stop) : t("says.stopLimit", { ...stop, price: quote(limit) }),
    t("says.exits"),
  ];
}

/** One order: what it waits for, and what it then does. */
function actOf(order: NewOrder, spec: SymbolSpec, t: Words): string {
  const price = order.price === undefined ? "" : `${grouped(order.price)} ${spec.quote_asset}`;
  const inQuote = order.quote_amount !== undefined;
  const what = inQuote ? `${grouped(order.quote_amount!)} ${spec.quote_asset}` : `${grouped(order.quantity ?? "")} ${spec.base_asset}`;
  const isLimit = order.order_type.endsWith("limit");
  const how = isLimit ? "limit" : price === "" ? "market" : "capped";
  const act = t(`says.acts.${order.side}${inQuote ? "For" : ""}.${how}`, { what, price });
  const condition = conditionOf(order, spec, t);
  return condition === null ? act : t("says.when", { condition, act });
}

function conditionOf(order: NewOrder, spec: SymbolSpec, t: Words): string | null {
  const watched = t(order.trigger_source === "quote" ? (order.side === "buy" ? "says.ask" : "says.bid") : "says.last");
  if (order.order_type === "trailing_stop") {
    const distance = order.trail_percent ? `${grouped(order.trail_percent)}%` : `${grouped(order.trail_offset ?? "")} ${spec.quote_asset}`;
    return t(order.side === "sell" ? "says.trailsBelow" : "says.trailsAbove", { watched, distance });
  }
  if (order.trigger_price === undefined) return null;
  const trigger = `${grouped(order.trigger_price)} ${spec.quote_asset}`;
  return t(firesBelow(order.order_type as OrderKind, order.side) ? "says.falls" : "says.rises", { watched, trigger });
}
