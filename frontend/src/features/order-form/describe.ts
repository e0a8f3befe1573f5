// What a ticket will do, in sentences: for the question before it is sent.

import type { TFunction } from "i18next";
import { grouped } from "@/shared/numbers";
import { firesBelow, type OrderKind } from "@/shared/order-draft/draft";
import { type NewOrder, ordersOf, type Ticket } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";

type Translate = TFunction<"order">;

/** The sentences, in the order in which things will happen. */
export function sentencesOf(
  ticket: Ticket,
  terms: SymbolTerms,
  t: Translate,
  timeText: (at: number) => string,
): string[] {
  const [order] = ordersOf(ticket);
  if (!order) return [];
  const sentences = [...actsOf(ticket, terms, t)];
  if (order.display_quantity)
    sentences.push(t("says.iceberg", { quantity: `${grouped(order.display_quantity)} ${terms.base_asset}` }));
  if (order.min_quantity)
    sentences.push(t("says.minimum", { quantity: `${grouped(order.min_quantity)} ${terms.base_asset}` }));
  if (order.post_only)
    sentences.push(t(order.post_only_mode === "reprice" ? "says.reprice" : "says.postOnly"));
  if (order.expire_at !== undefined) sentences.push(t("says.expires", { time: timeText(order.expire_at) }));
  else if (order.time_in_force && order.order_type !== "market" && !isPeggedForGood(order))
    sentences.push(t(`timesInForceHelp.${order.time_in_force}`));
  if (order.cancel_on_disconnect) sentences.push(t("says.disconnect"));
  return sentences;
}

/** A pegged order until canceled: that it waits is said, and it is not in the book. */
function isPeggedForGood(order: NewOrder): boolean {
  return order.order_type === "pegged" && order.time_in_force === "gtc";
}

function actsOf(ticket: Ticket, terms: SymbolTerms, t: Translate): string[] {
  if (ticket.op === "order.place") return [actOf(ticket.order, terms, t)];
  if (ticket.op === "order.oco")
    return [actOf(ticket.first, terms, t), actOf(ticket.second, terms, t), t("says.oco")];
  if (ticket.op === "order.oto")
    return [
      actOf(ticket.working, terms, t),
      t("says.then", { act: actOf(ticket.pending, terms, t) }),
      t("says.oto"),
    ];
  if (ticket.op === "order.otoco")
    return [
      actOf(ticket.working, terms, t),
      t("says.then", { act: actOf(ticket.first, terms, t) }),
      t("says.then", { act: actOf(ticket.second, terms, t) }),
      t("says.exits"),
      t("says.otoco"),
    ];
  const quote = (price: string) => `${grouped(price)} ${terms.quote_asset}`;
  const stop = {
    watched: t(ticket.trigger_source === "quote" ? "says.bid" : "says.last"),
    trigger: quote(ticket.stop_price),
  };
  const limit = ticket.stop_limit_price;
  return [
    actOf(ticket.entry, terms, t),
    t("says.takeProfit", { price: quote(ticket.take_profit_price) }),
    limit === undefined ? t("says.stop", stop) : t("says.stopLimit", { ...stop, price: quote(limit) }),
    t("says.exits"),
  ];
}

/** One order: what it waits for, and what it then does. */
function actOf(order: NewOrder, terms: SymbolTerms, t: Translate): string {
  const price = order.price === undefined ? "" : `${grouped(order.price)} ${terms.quote_asset}`;
  const inQuote = order.quote_amount !== undefined;
  const what = inQuote
    ? `${grouped(order.quote_amount!)} ${terms.quote_asset}`
    : `${grouped(order.quantity ?? "")} ${terms.base_asset}`;
  if (order.order_type === "market_to_limit") return t(`says.acts.${order.side}.toLimit`, { what });
  if (order.order_type === "pegged") return pegOf(order, { what, price }, terms, t);
  const isLimit = order.order_type.endsWith("limit");
  const how = isLimit ? "limit" : price === "" ? "market" : "capped";
  const act = t(`says.acts.${order.side}${inQuote ? "For" : ""}.${how}`, { what, price });
  const condition = conditionOf(order, terms, t);
  return condition === null ? act : t("says.when", { condition, act });
}

function pegOf(
  order: NewOrder,
  said: { what: string; price: string },
  terms: SymbolTerms,
  t: Translate,
): string {
  const own = order.side === "buy" ? "says.bid" : "says.ask";
  const other = order.side === "buy" ? "says.ask" : "says.bid";
  const reference = t(order.peg === "mid" ? "says.mid" : order.peg === "primary" ? own : other);
  const isAway = order.peg_offset !== undefined && !/^[0.]*$/.test(order.peg_offset);
  const offset = isAway ? `${grouped(order.peg_offset!)} ${terms.quote_asset}` : "";
  return t(`says.acts.${order.side}.${isAway ? "peggedAway" : "pegged"}`, { ...said, reference, offset });
}

function conditionOf(order: NewOrder, terms: SymbolTerms, t: Translate): string | null {
  const watched = t(
    order.trigger_source === "quote" ? (order.side === "buy" ? "says.ask" : "says.bid") : "says.last",
  );
  if (order.order_type === "trailing_stop") {
    const distance = order.trail_percent
      ? `${grouped(order.trail_percent)}%`
      : `${grouped(order.trail_offset ?? "")} ${terms.quote_asset}`;
    return t(order.side === "sell" ? "says.trailsBelow" : "says.trailsAbove", { watched, distance });
  }
  if (order.trigger_price === undefined) return null;
  const trigger = `${grouped(order.trigger_price)} ${terms.quote_asset}`;
  return t(firesBelow(order.order_type as OrderKind, order.side) ? "says.falls" : "says.rises", {
    watched,
    trigger,
  });
}
