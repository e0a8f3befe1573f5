// Columns that more than one of the tables has.

import type { TFunction } from "i18next";
import { fixed } from "@/shared/numbers";
import { firesBelow, type OrderKind } from "@/shared/order-draft/draft";
import { compareTexts } from "@/shared/sorting";
import type { Column } from "@/shared/ui/DataTable";
import { Quantity } from "@/shared/ui/Quantity";
import { Time } from "@/shared/ui/Time";
import type { Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";

export type TermsBySymbol = ReadonlyMap<string, SymbolTerms>;
export type Translate = TFunction<"orders">;

export function timeColumn<Row>(
  t: Translate,
  at: (row: Row) => number,
  header: "time" | "updated" = "time",
): Column<Row> {
  return {
    id: "time",
    header: t(`columns.${header}`),
    width: "minmax(104px, 0.9fr)",
    spare: 9,
    align: "left",
    cell: (row) => <Time at={at(row)} />,
    compare: (a, b) => at(a) - at(b),
  };
}

export function symbolColumn<Row extends { symbol: string }>(t: Translate): Column<Row> {
  return {
    id: "symbol",
    header: t("columns.symbol"),
    width: "minmax(72px, 0.7fr)",
    align: "left",
    cell: (row) => row.symbol,
    compare: (a, b) => compareTexts(a.symbol, b.symbol),
  };
}

export function sideColumn<Row extends { side: "buy" | "sell" }>(t: Translate): Column<Row> {
  return {
    id: "side",
    header: t("columns.side"),
    width: "minmax(44px, 0.4fr)",
    align: "left",
    cell: (row) => <span className={row.side === "buy" ? "rise" : "fall"}>{t(`sides.${row.side}`)}</span>,
    compare: (a, b) => compareTexts(a.side, b.side),
  };
}

/** A price with the symbol's decimals; `–` for none. */
export function priceText(price: string | null, terms: SymbolTerms | undefined): string {
  if (price === null) return "–";
  return terms ? fixed(price, terms.price_scale) : price;
}

/** An amount of the quote asset with the decimals of its prices, and two more for fees. */
export function amountText(amount: string | null, terms: SymbolTerms | undefined, more = 0): string {
  if (amount === null) return "–";
  return terms ? fixed(amount, Math.min(terms.price_scale + more, terms.quote_scale)) : amount;
}

export function QuantityOf({ quantity, terms }: { quantity: string | null; terms: SymbolTerms | undefined }) {
  if (quantity === null) return "–";
  return terms ? <Quantity text={quantity} scale={terms.quantity_scale} /> : quantity;
}

/** What an order waits or waited for, as "Last ≤ 90,000" or "−1.5% of bid"; null without a trigger. */
/** What a pegged order follows, e.g. "Mid − 5"; null for any other. */
export function pegText(order: Order, terms: SymbolTerms | undefined, t: Translate): string | null {
  if (order.peg == null) return null;
  const isBid = (order.peg === "primary") === (order.side === "buy");
  const reference = t(order.peg === "mid" ? "watches.mid" : isBid ? "watches.bid" : "watches.ask");
  if (order.peg_offset == null || /^[0.]*$/.test(order.peg_offset)) return reference;
  return `${reference} ${order.side === "buy" ? "−" : "+"} ${priceText(order.peg_offset, terms)}`;
}

/** The price of an order; of a pegged one it is only its limit. */
export function limitText(order: Order, terms: SymbolTerms | undefined): string {
  const price = priceText(order.price, terms);
  return order.peg == null ? price : `${order.side === "buy" ? "≤" : "≥"} ${price}`;
}

export function triggerText(order: Order, terms: SymbolTerms | undefined, t: Translate): string | null {
  if (!order.trigger_source) return null;
  const watched = t(
    order.trigger_source === "last" ? "watches.last" : order.side === "buy" ? "watches.ask" : "watches.bid",
  );
  if (order.order_type === "trailing_stop") {
    const distance = order.trail_percent
      ? `${order.trail_percent}%`
      : priceText(order.trail_offset ?? null, terms);
    return `${watched} ${order.side === "sell" ? "−" : "+"}${distance}`;
  }
  const sign = firesBelow(order.order_type as OrderKind, order.side) ? "≤" : "≥";
  return `${watched} ${sign} ${priceText(order.trigger_price ?? null, terms)}`;
}
