import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { grouped, signOf } from "@/shared/numbers";
import { compareDecimals, compareTexts } from "@/shared/sorting";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./AccountTabs.module.css";
import {
  amountText,
  priceText,
  QuantityOf,
  sideColumn,
  symbolColumn,
  type TermsBySymbol,
  type Translate,
  timeColumn,
  triggerText,
} from "./cells";
import type { History } from "./history";
import { OrderKind } from "./OrderKind";
import { useSearch } from "./use-search";

interface OrderHistoryProps {
  history: History<Order>;
  rows: readonly Order[];
  termsBySymbol: TermsBySymbol;
  empty: React.ReactNode;
  /** Whether rows are left out that the exchange has sent. */
  isSearch: boolean;
}

/** Orders that are filled, canceled or expired. */
export function OrderHistory({ history, rows, termsBySymbol, empty, isSearch }: OrderHistoryProps) {
  const { t } = useTranslation("orders");
  const anyWaited = rows.some((order) => order.trigger_source != null);
  const columns = useMemo(
    () => columnsOf(t, termsBySymbol).filter(({ id }) => anyWaited || id !== "trigger"),
    [t, termsBySymbol, anyWaited],
  );
  const search = useSearch(history, isSearch, empty);
  return (
    <DataTable
      label={t("history")}
      columns={columns}
      rows={rows}
      keyOf={(order) => order.order_id}
      loading={history.loading}
      {...search}
      testId="order-history"
    />
  );
}

function columnsOf(t: Translate, termsBySymbol: TermsBySymbol): Column<Order>[] {
  const termsOf = (order: Order) => termsBySymbol.get(order.symbol);
  return [
    timeColumn(t, (order) => order.updated_at),
    symbolColumn(t),
    sideColumn(t),
    {
      id: "type",
      header: t("columns.type"),
      width: "minmax(92px, 1fr)",
      spare: 3,
      align: "left",
      cell: (order) => <OrderKind order={order} termsBySymbol={termsBySymbol} t={t} />,
    },
    ...priceColumns(t, termsOf),
    ...quantityColumns(t, termsOf),
    {
      id: "status",
      header: t("columns.status"),
      width: "minmax(120px, 1.2fr)",
      align: "left",
      cell: (order) => <Status order={order} t={t} />,
      compare: (a, b) => compareTexts(a.status, b.status),
    },
  ];
}

type TermsOf = (order: Order) => SymbolTerms | undefined;

function priceColumns(t: Translate, termsOf: TermsOf): Column<Order>[] {
  return [
    {
      id: "trigger",
      header: t("columns.trigger"),
      width: "minmax(134px, 1.3fr)",
      spare: 1,
      align: "left",
      cell: (order) => triggerText(order, termsOf(order), t) ?? "–",
      compare: (a, b) => compareDecimals(a.trigger_price, b.trigger_price),
    },
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => (order.price === null ? t("marketPrice") : priceText(order.price, termsOf(order))),
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "average",
      header: t("columns.average"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => priceText(order.average_price, termsOf(order)),
      compare: (a, b) => compareDecimals(a.average_price, b.average_price),
    },
  ];
}

function quantityColumns(t: Translate, termsOf: TermsOf): Column<Order>[] {
  return [
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => {
        const terms = termsOf(order);
        if (order.quantity !== null) return <QuantityOf quantity={order.quantity} terms={terms} />;
        return `${amountText(order.quote_amount, terms)} ${terms?.quote_asset ?? ""}`;
      },
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    {
      id: "filled",
      header: t("columns.filled"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => <QuantityOf quantity={order.filled_quantity} terms={termsOf(order)} />,
      compare: (a, b) => compareDecimals(a.filled_quantity, b.filled_quantity),
    },
    {
      id: "fee",
      header: t("columns.fee"),
      width: "minmax(72px, 0.7fr)",
      spare: 2,
      cell: (order) => amountText(order.fee, termsOf(order), 2),
      compare: (a, b) => compareDecimals(a.fee, b.fee),
    },
  ];
}

/** How an order ended, and why. */
function Status({ order, t }: { order: Order; t: Translate }) {
  const { status, reason, prevented_quantity: prevented } = order;
  return (
    <>
      {t(`statuses.${status}`)}
      {reason && <small className={styles.note}> {t(`reasons.${reason}`)}</small>}
      {prevented && signOf(prevented) > 0 && (
        <small className={styles.note}> {t("prevented", { quantity: grouped(prevented) })}</small>
      )}
    </>
  );
}
