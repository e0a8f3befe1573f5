import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import buttons from "@/shared/ui/Button.module.css";
import type { Order } from "@/shared/wire/api";
import { usePending } from "@/shared/wire/pending";
import { amend, cancel } from "./actions";
import { AmendField, type Draft, readingOf } from "./AmendField";
import { orderValue } from "./amend";
import styles from "./AccountTabs.module.css";
import {
  amountText,
  compareDecimals,
  priceText,
  QuantityOf,
  sideColumn,
  type Specs,
  symbolColumn,
  timeColumn,
  type Words,
} from "./cells";

interface OpenOrdersProps {
  rows: readonly Order[];
  specs: Specs;
  loading: boolean;
  empty: React.ReactNode;
}

/** Orders that wait in the book, those on their way first; prices and quantities are amended in place. */
export function OpenOrders({ rows, specs, loading, empty }: OpenOrdersProps) {
  const { t } = useTranslation("orders");
  const changes = usePending((pending) => pending.changes);
  const [draft, setDraft] = useState<Draft | null>(null);
  const columns = useMemo(
    () => columnsOf({ t, specs, changes, draft, setDraft }),
    [t, specs, changes, draft],
  );
  return (
    <DataTable
      label={t("open")}
      columns={columns}
      rows={rows}
      keyOf={(order) => order.client_order_id ?? order.order_id}
      empty={empty}
      loading={loading}
      pending={(order) => order.order_id === "" || changes.has(order.order_id)}
      testId="open-orders"
    />
  );
}

interface Context {
  t: Words;
  specs: Specs;
  changes: ReadonlySet<string>;
  draft: Draft | null;
  setDraft: (draft: Draft | null) => void;
}

function columnsOf(context: Context): Column<Order>[] {
  const { t, specs, draft, setDraft } = context;
  const field = (order: Order, name: "price" | "quantity", shown: React.ReactNode) =>
    draft && draft.order.order_id === order.order_id ? (
      <AmendField draft={draft} name={name} spec={specs.get(order.symbol)} setDraft={setDraft} onSave={() => save(context)} />
    ) : (
      shown
    );
  return [
    timeColumn(t, (order) => order.created_at),
    symbolColumn(t),
    sideColumn(t),
    {
      id: "type",
      header: t("columns.type"),
      width: "minmax(76px, 0.8fr)",
      spare: 1,
      align: "left",
      cell: (order) => <OrderKind order={order} t={t} />,
    },
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(88px, 1fr)",
      cell: (order) => field(order, "price", order.price === null ? t("marketPrice") : priceText(order.price, specs.get(order.symbol))),
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(88px, 1fr)",
      cell: (order) => field(order, "quantity", <QuantityOf quantity={order.quantity} spec={specs.get(order.symbol)} />),
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    {
      id: "filled",
      header: t("columns.filled"),
      width: "minmax(88px, 0.9fr)",
      cell: (order) => <QuantityOf quantity={order.filled_quantity} spec={specs.get(order.symbol)} />,
      compare: (a, b) => compareDecimals(a.filled_quantity, b.filled_quantity),
    },
    {
      id: "value",
      header: t("columns.value"),
      width: "minmax(88px, 1fr)",
      spare: 2,
      cell: (order) => {
        const spec = specs.get(order.symbol);
        const value = amountText(order.quote_amount ?? (spec ? orderValue(order, spec) : null), spec);
        return `${value} ${spec?.quote_asset ?? ""}`;
      },
    },
    {
      id: "status",
      header: t("columns.status"),
      width: "minmax(76px, 0.7fr)",
      spare: 3,
      align: "left",
      cell: (order) => statusText(order, context),
    },
    {
      id: "actions",
      header: t("columns.actions"),
      width: "minmax(140px, auto)",
      cell: (order) => <Actions order={order} context={context} />,
    },
  ];
}

function statusText(order: Order, { t, changes }: Context): string {
  if (order.order_id === "") return t("statuses.pending");
  return changes.has(order.order_id) ? t("statuses.changing") : t(`statuses.${order.status}`);
}

/** The type and what goes with it, e.g. "Limit · Post only". */
export function OrderKind({ order, t }: { order: Order; t: Words }) {
  const extra = order.post_only ? t("postOnly") : order.time_in_force === "gtc" ? null : t(`times.${order.time_in_force}`);
  return (
    <>
      {t(`types.${order.order_type}`)}
      {extra && order.order_type === "limit" && <small className={styles.extra}> {extra}</small>}
    </>
  );
}

function save({ draft, specs, setDraft }: Context): void {
  const reading = draft && readingOf(draft, specs.get(draft.order.symbol));
  if (!draft || !reading || reading.problem) return;
  setDraft(null);
  void amend(draft.order.order_id, reading.amendment);
}

function Actions({ order, context }: { order: Order; context: Context }) {
  const { t, changes, draft, setDraft, specs } = context;
  if (order.order_id === "") return null;
  const busy = changes.has(order.order_id);
  if (draft?.order.order_id === order.order_id) {
    const reading = readingOf(draft, specs.get(order.symbol));
    const kind = reading?.amendment.kind ?? "none";
    return (
      <span className={styles.actions}>
        <button
          type="button"
          className={buttons.small}
          disabled={reading === null || reading.problem !== null || kind === "none"}
          title={t(kind === "none" ? "unchanged" : kind === "reduce" ? "keepsPlace" : "losesPlace")}
          data-testid="amend-save"
          onClick={() => save(context)}
        >
          {t("save")}
        </button>
        <button type="button" className={buttons.small} onClick={() => setDraft(null)}>
          {t("back")}
        </button>
      </span>
    );
  }
  return (
    <span className={styles.actions}>
      {order.order_type === "limit" && (
        <button
          type="button"
          className={buttons.small}
          disabled={busy}
          aria-label={t("amendOrder", { id: order.order_id })}
          data-testid="amend-order"
          onClick={() => setDraft({ order, price: priceText(order.price, specs.get(order.symbol)), quantity: order.quantity ?? "" })}
        >
          {t("amend")}
        </button>
      )}
      <button
        type="button"
        className={buttons.small}
        disabled={busy}
        aria-label={t("cancelOrder", { id: order.order_id })}
        data-testid="cancel-order"
        onClick={() => void cancel(order.order_id)}
      >
        {t("cancel")}
      </button>
    </span>
  );
}
