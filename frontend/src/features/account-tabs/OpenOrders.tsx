import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import buttons from "@/shared/ui/Button.module.css";
import type { Order } from "@/shared/wire/api";
import { usePending } from "@/shared/wire/pending";
import { amend, cancel } from "./actions";
import { AmendField, type Draft, readingOf } from "./AmendField";
import { canAmend, hasPrice, hasTrigger, type NewFigures, orderValue } from "./amend";
import { OrderKind } from "./OrderKind";
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
  triggerText,
  type Words,
} from "./cells";

interface OpenOrdersProps {
  rows: readonly Order[];
  specs: Specs;
  loading: boolean;
  empty: React.ReactNode;
}

/** Orders that rest in the book or wait for their trigger, those on their way first; prices and quantities are amended in place. */
export function OpenOrders({ rows, specs, loading, empty }: OpenOrdersProps) {
  const { t } = useTranslation("orders");
  const changes = usePending((pending) => pending.changes);
  const [draft, setDraft] = useState<Draft | null>(null);
  const anyWaits = rows.some((order) => order.trigger_source != null);
  const columns = useMemo(
    () => columnsOf({ t, specs, changes, draft, setDraft }).filter(({ id }) => anyWaits || id !== "trigger"),
    [t, specs, changes, draft, anyWaits],
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
  const field = (order: Order, name: keyof NewFigures, shown: React.ReactNode) =>
    draft && draft.order.order_id === order.order_id && hasFigure(order, name) ? (
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
      width: "minmax(92px, 1fr)",
      spare: 4,
      align: "left",
      cell: (order) => <OrderKind order={order} specs={specs} t={t} />,
    },
    {
      id: "trigger",
      header: t("columns.trigger"),
      width: "minmax(134px, 1.3fr)",
      align: "left",
      cell: (order) => field(order, "trigger", triggerText(order, specs.get(order.symbol), t) ?? "–"),
      compare: (a, b) => compareDecimals(a.trigger_price ?? null, b.trigger_price ?? null),
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
      spare: 3,
      cell: (order) => <QuantityOf quantity={order.filled_quantity} spec={specs.get(order.symbol)} />,
      compare: (a, b) => compareDecimals(a.filled_quantity, b.filled_quantity),
    },
    {
      id: "value",
      header: t("columns.value"),
      width: "minmax(88px, 1fr)",
      spare: 1,
      cell: (order) => {
        const spec = specs.get(order.symbol);
        const value = order.quote_amount ?? (spec ? orderValue(order, spec) : null);
        return value === null ? "–" : `${amountText(value, spec)} ${spec?.quote_asset ?? ""}`;
      },
    },
    {
      id: "status",
      header: t("columns.status"),
      width: "minmax(76px, 0.7fr)",
      spare: 2,
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
  if (changes.has(order.order_id)) return t("statuses.changing");
  return order.waiting ? t("statuses.waiting") : t(`statuses.${order.status}`);
}

/** Whether an order has the figure to be changed. */
function hasFigure(order: Order, name: keyof NewFigures): boolean {
  return name === "quantity" || (name === "price" ? hasPrice(order) : hasTrigger(order));
}

/** The figures of an order as a person finds them in the fields. */
function draftOf(order: Order, specs: Specs): Draft {
  const price = (text: string | null | undefined) => (text == null ? "" : priceText(text, specs.get(order.symbol)));
  return { order, price: price(order.price), quantity: order.quantity ?? "", trigger: price(order.trigger_price) };
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
          title={t(kind === "none" ? "unchanged" : kind === "reduce" ? "keepsPlace" : order.waiting ? "waitsAnew" : "losesPlace")}
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
      {canAmend(order) && (
        <button
          type="button"
          className={buttons.small}
          disabled={busy}
          aria-label={t("amendOrder", { id: order.order_id })}
          data-testid="amend-order"
          onClick={() => setDraft(draftOf(order, specs))}
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
