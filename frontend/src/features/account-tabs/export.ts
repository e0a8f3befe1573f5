// What the account tabs show, as files, with the filters that are set. Histories are files of the exchange's own:
// they may have more rows than a page can hold.

import type { TFunction } from "i18next";
import { csvText, csvTime, saveFile } from "@/shared/csv";
import { download } from "@/shared/download";
import { totalOf } from "@/shared/market/assets";
import type { Balance, Order } from "@/shared/wire/api";
import { filtersOf, type HistoryQuery, isSearch } from "./history";
import { type AccountTab, type Filters, passes } from "./view-store";

interface Scope {
  tab: AccountTab;
  filters: Filters;
  /** What the exchange is asked for of a history. */
  query: HistoryQuery;
  /** The one market when others are hidden. */
  only: string | null;
  open: readonly Order[];
  balances: readonly Balance[];
}

/** Make and save the file of a tab; false if the filters do not say which market a history is to be of. */
export function exportTab(scope: Scope, t: TFunction<"orders">): boolean {
  const { tab, filters, query, only, open, balances } = scope;
  if (tab === "history" || tab === "fills") {
    if (isSearch(query)) return false;
    if (tab === "fills") download("/v1/export/fills", filtersOf(query));
    else download("/v1/export/orders", { status: "closed", ...filtersOf(query) });
    return true;
  }
  const [header, rows] =
    tab === "balances"
      ? [balanceHeader(t), balances.map(balanceRow)]
      : [orderHeader(t), open.filter((row) => passes(row, filters, only)).map(orderRow)];
  saveFile(`xtrader-${tab}-${new Date().toISOString().slice(0, 10)}.csv`, csvText(header, rows));
  return true;
}

function orderHeader(t: TFunction<"orders">): string[] {
  const names = [
    "time",
    "symbol",
    "side",
    "type",
    "trigger",
    "price",
    "quantity",
    "filled",
    "average",
    "value",
    "fee",
    "status",
  ] as const;
  return [
    "order_id",
    ...names.map((name) => (name === "time" ? `${t("columns.time")} (UTC)` : t(`columns.${name}`))),
  ];
}

function orderRow(order: Order): (string | null)[] {
  return [
    order.order_id,
    csvTime(order.created_at),
    order.symbol,
    order.side,
    order.order_type,
    order.trigger_price ?? null,
    order.price,
    order.quantity,
    order.filled_quantity,
    order.average_price,
    order.filled_amount,
    order.fee,
    order.reason ? `${order.status} (${order.reason})` : order.status,
  ];
}

function balanceHeader(t: TFunction<"orders">): string[] {
  return (["asset", "available", "held", "total"] as const).map((name) => t(`columns.${name}`));
}

function balanceRow(balance: Balance): string[] {
  return [balance.asset, balance.available, balance.held, totalOf(balance)];
}
