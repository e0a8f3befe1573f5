// What the account tabs show, as files: every row there is, with the filters that are set.

import type { TFunction } from "i18next";
import { totalOf } from "@/shared/assets";
import { csvText, csvTime, saveFile } from "@/shared/csv";
import type { Balance, Fill, Order } from "@/shared/wire/api";
import { fetchAll, fetchFills, fetchOrders } from "./history";
import { type AccountTab, type Filters, passes } from "./view-store";

interface Scope {
  tab: AccountTab;
  filters: Filters;
  /** The one market when others are hidden. */
  only: string | null;
  open: readonly Order[];
  balances: readonly Balance[];
}

/** Make and save the file of a tab. */
export async function exportTab(scope: Scope, t: TFunction<"orders">): Promise<void> {
  const [header, rows] = await tableOf(scope, t);
  saveFile(`xtrader-${scope.tab}-${new Date().toISOString().slice(0, 10)}.csv`, csvText(header, rows));
}

type Table = [string[], (string | null)[][]];

async function tableOf({ tab, filters, only, open, balances }: Scope, t: TFunction<"orders">): Promise<Table> {
  const kept = <Row extends Order | Fill>(rows: readonly Row[]) => rows.filter((row) => passes(row, filters, only));
  if (tab === "balances") return [balanceHeader(t), balances.map(balanceRow)];
  if (tab === "fills") return [fillHeader(t), kept(await fetchAll(fetchFills, only)).map(fillRow)];
  const orders = tab === "open" ? open : await fetchAll(fetchOrders, only);
  return [orderHeader(t), kept(orders).map(orderRow)];
}

function orderHeader(t: TFunction<"orders">): string[] {
  const names = ["time", "symbol", "side", "type", "trigger", "price", "quantity", "filled", "average", "value", "fee", "status"] as const;
  return ["order_id", ...names.map((name) => (name === "time" ? `${t("columns.time")} (UTC)` : t(`columns.${name}`)))];
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

function fillHeader(t: TFunction<"orders">): string[] {
  const names = ["symbol", "side", "price", "quantity", "value", "fee", "asset", "liquidity"] as const;
  return ["trade_id", "order_id", `${t("columns.time")} (UTC)`, ...names.map((name) => t(`columns.${name}`))];
}

function fillRow(fill: Fill): (string | null)[] {
  const { trade_id, order_id, symbol, side, price, quantity, amount, fee, fee_asset, liquidity } = fill;
  return [trade_id, order_id, csvTime(fill.timestamp), symbol, side, price, quantity, amount, fee, fee_asset, liquidity];
}

function balanceHeader(t: TFunction<"orders">): string[] {
  return (["asset", "available", "held", "total"] as const).map((name) => t(`columns.${name}`));
}

function balanceRow(balance: Balance): string[] {
  return [balance.asset, balance.available, balance.held, totalOf(balance)];
}
