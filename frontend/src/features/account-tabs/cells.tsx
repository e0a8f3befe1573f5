// Columns that more than one of the tables has.

import type { TFunction } from "i18next";
import { fixed, toUnits } from "@/shared/numbers";
import { firesBelow, type OrderKind } from "@/features/order-form/draft";
import type { Column } from "@/shared/ui/DataTable";
import { Quantity } from "@/shared/ui/Quantity";
import { Time } from "@/shared/ui/Time";
import type { Order } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";

export type Specs = ReadonlyMap<string, SymbolSpec>;
export type Words = TFunction<"orders">;

/** Decimals finer than any symbol's, for comparing amounts of different ones. */
const FINEST = 18;

export function compareDecimals(a: string | null, b: string | null): number {
  const difference = toUnits(a ?? "0", FINEST) - toUnits(b ?? "0", FINEST);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export function timeColumn<Row>(t: Words, at: (row: Row) => number, header: "time" | "updated" = "time"): Column<Row> {
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

export function symbolColumn<Row extends { symbol: string }>(t: Words): Column<Row> {
  return {
    id: "symbol",
    header: t("columns.symbol"),
    width: "minmax(72px, 0.7fr)",
    align: "left",
    cell: (row) => row.symbol,
    compare: (a, b) => compareTexts(a.symbol, b.symbol),
  };
}

export function sideColumn<Row extends { side: "buy" | "sell" }>(t: Words): Column<Row> {
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
export function priceText(price: string | null, spec: SymbolSpec | undefined): string {
  if (price === null) return "–";
  return spec ? fixed(price, spec.price_scale) : price;
}

/** An amount of the quote asset with the decimals of its prices, and two more for fees. */
export function amountText(amount: string | null, spec: SymbolSpec | undefined, more = 0): string {
  if (amount === null) return "–";
  return spec ? fixed(amount, Math.min(spec.price_scale + more, spec.quote_scale)) : amount;
}

export function QuantityOf({ quantity, spec }: { quantity: string | null; spec: SymbolSpec | undefined }) {
  if (quantity === null) return <>–</>;
  return spec ? <Quantity text={quantity} scale={spec.quantity_scale} /> : <>{quantity}</>;
}

/** What an order waits or waited for, as "Last ≤ 90,000" or "−1.5% of bid"; null without a trigger. */
export function triggerText(order: Order, spec: SymbolSpec | undefined, t: Words): string | null {
  if (!order.trigger_source) return null;
  const watched = t(order.trigger_source === "last" ? "watches.last" : order.side === "buy" ? "watches.ask" : "watches.bid");
  if (order.order_type === "trailing_stop") {
    const distance = order.trail_percent ? `${order.trail_percent}%` : priceText(order.trail_offset ?? null, spec);
    return `${watched} ${order.side === "sell" ? "−" : "+"}${distance}`;
  }
  const sign = firesBelow(order.order_type as OrderKind, order.side) ? "≤" : "≥";
  return `${watched} ${sign} ${priceText(order.trigger_price ?? null, spec)}`;
}
