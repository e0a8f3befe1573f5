import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { grouped, signOf } from "@/shared/numbers";
import type { Order } from "@/shared/wire/api";
import styles from "./AccountTabs.module.css";
import {
  amountText,
  compareDecimals,
  compareTexts,
  priceText,
  QuantityOf,
  sideColumn,
  type Specs,
  symbolColumn,
  timeColumn,
  triggerText,
  type Words,
} from "./cells";
import type { History } from "./history";
import { OrderKind } from "./OrderKind";

interface OrderHistoryProps {
  history: History<Order>;
  rows: readonly Order[];
  specs: Specs;
  empty: React.ReactNode;
}

/** Orders that are filled, canceled or expired. */
export function OrderHistory({ history, rows, specs, empty }: OrderHistoryProps) {
  const { t } = useTranslation("orders");
  const anyWaited = rows.some((order) => order.trigger_source != null);
  const columns = useMemo(
    () => columnsOf(t, specs).filter(({ id }) => anyWaited || id !== "trigger"),
    [t, specs, anyWaited],
  );
  return (
    <DataTable
      label={t("history")}
      columns={columns}
      rows={rows}
      keyOf={(order) => order.order_id}
      empty={empty}
      loading={history.loading}
      onEnd={history.more}
      testId="order-history"
    />
  );
}

function columnsOf(t: Words, specs: Specs): Column<Order>[] {
  const spec = (order: Order) => specs.get(order.symbol);
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
      cell: (order) => <OrderKind order={order} specs={specs} t={t} />,
    },
    {
      id: "trigger",
      header: t("columns.trigger"),
      width: "minmax(134px, 1.3fr)",
      spare: 1,
      align: "left",
      cell: (order) => triggerText(order, spec(order), t) ?? "–",
      compare: (a, b) => compareDecimals(a.trigger_price ?? null, b.trigger_price ?? null),
    },
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => (order.price === null ? t("marketPrice") : priceText(order.price, spec(order))),
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "average",
      header: t("columns.average"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => priceText(order.average_price, spec(order)),
      compare: (a, b) => compareDecimals(a.average_price, b.average_price),
    },
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) =>
        order.quantity === null ? (
          `${amountText(order.quote_amount, spec(order))} ${spec(order)?.quote_asset ?? ""}`
        ) : (
          <QuantityOf quantity={order.quantity} spec={spec(order)} />
        ),
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    {
      id: "filled",
      header: t("columns.filled"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => <QuantityOf quantity={order.filled_quantity} spec={spec(order)} />,
      compare: (a, b) => compareDecimals(a.filled_quantity, b.filled_quantity),
    },
    {
      id: "fee",
      header: t("columns.fee"),
      width: "minmax(72px, 0.7fr)",
      spare: 2,
      cell: (order) => amountText(order.fee, spec(order), 2),
      compare: (a, b) => compareDecimals(a.fee, b.fee),
    },
    {
      id: "status",
      header: t("columns.status"),
      width: "minmax(120px, 1.2fr)",
      align: "left",
      cell: (order) => (
        <>
          {t(`statuses.${order.status}`)}
          {order.reason && <small className={styles.extra}> {t(`reasons.${order.reason}`)}</small>}
          {order.prevented_quantity && signOf(order.prevented_quantity) > 0 && (
            <small className={styles.extra}> {t("prevented", { quantity: grouped(order.prevented_quantity) })}</small>
          )}
        </>
      ),
      compare: (a, b) => compareTexts(a.status, b.status),
    },
  ];
}
