import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { fromUnits, toUnits } from "@/shared/numbers";
import { compareDecimals } from "@/shared/sorting";
import buttons from "@/shared/ui/Button.module.css";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Order } from "@/shared/wire/api";
import { usePending } from "@/shared/wire/pending";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./AccountTabs.module.css";
import { type AmendDraft, AmendField, readingOf } from "./AmendField";
import { amend, cancel } from "./actions";
import { canAmend, hasOwnTrigger, hasPrice, type NewFigures, orderValue } from "./amend";
import {
  amountText,
  limitText,
  QuantityOf,
  sideColumn,
  symbolColumn,
  type TermsBySymbol,
  type Translate,
  timeColumn,
  triggerText,
} from "./cells";
import { OrderKind } from "./OrderKind";

interface OpenOrdersProps {
  rows: readonly Order[];
  termsBySymbol: TermsBySymbol;
  loading: boolean;
  empty: React.ReactNode;
}

/** Orders that rest in the book or wait for their trigger, those on their way first; prices and quantities are amended in place. */
export function OpenOrders({ rows, termsBySymbol, loading, empty }: OpenOrdersProps) {
  const { t } = useTranslation("orders");
  const changes = usePending((pending) => pending.changes);
  const [draft, setDraft] = useState<AmendDraft | null>(null);
  const anyWaits = rows.some((order) => order.trigger_source != null);
  const columns = useMemo(
    () =>
      columnsOf({ t, termsBySymbol, changes, draft, setDraft }).filter(
        ({ id }) => anyWaits || id !== "trigger",
      ),
    [t, termsBySymbol, changes, draft, anyWaits],
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
  t: Translate;
  termsBySymbol: TermsBySymbol;
  changes: ReadonlySet<string>;
  draft: AmendDraft | null;
  setDraft: (draft: AmendDraft | null) => void;
}

function columnsOf(context: Context): Column<Order>[] {
  const { t, termsBySymbol } = context;
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
      cell: (order) => <OrderKind order={order} termsBySymbol={termsBySymbol} t={t} />,
    },
    ...figureColumns(context),
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

/** The figures of an order; trigger, price and quantity are fields while it is being changed. */
function figureColumns(context: Context): Column<Order>[] {
  const { t, termsBySymbol } = context;
  const termsOf = (order: Order) => termsBySymbol.get(order.symbol);
  return [
    {
      id: "trigger",
      header: t("columns.trigger"),
      width: "minmax(134px, 1.3fr)",
      align: "left",
      cell: (order) => figure(context, order, "trigger", triggerText(order, termsOf(order), t) ?? "–"),
      compare: (a, b) => compareDecimals(a.trigger_price, b.trigger_price),
    },
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(88px, 1fr)",
      cell: (order) => {
        const shown = order.price === null ? t("marketPrice") : limitText(order, termsOf(order));
        return figure(context, order, "price", shown);
      },
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(88px, 1fr)",
      cell: (order) =>
        figure(context, order, "quantity", <QuantityOf quantity={order.quantity} terms={termsOf(order)} />),
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    ...outcomeColumns(t, termsOf),
  ];
}

function outcomeColumns(t: Translate, termsOf: (order: Order) => SymbolTerms | undefined): Column<Order>[] {
  return [
    {
      id: "filled",
      header: t("columns.filled"),
      width: "minmax(88px, 0.9fr)",
      spare: 3,
      cell: (order) => <QuantityOf quantity={order.filled_quantity} terms={termsOf(order)} />,
      compare: (a, b) => compareDecimals(a.filled_quantity, b.filled_quantity),
    },
    {
      id: "value",
      header: t("columns.value"),
      width: "minmax(88px, 1fr)",
      spare: 1,
      cell: (order) => {
        const terms = termsOf(order);
        const value = order.quote_amount ?? (terms ? orderValue(order, terms) : null);
        return value === null ? "–" : `${amountText(value, terms)} ${terms?.quote_asset ?? ""}`;
      },
    },
  ];
}

/** A figure as text, or the field to change it in. */
function figure(context: Context, order: Order, name: keyof NewFigures, shown: React.ReactNode) {
  const { draft, termsBySymbol, setDraft } = context;
  if (draft?.order.order_id !== order.order_id || !hasFigure(order, name)) return shown;
  const terms = termsBySymbol.get(order.symbol);
  return (
    <AmendField draft={draft} name={name} terms={terms} setDraft={setDraft} onSave={() => save(context)} />
  );
}

function statusText(order: Order, { t, changes }: Context): string {
  if (order.order_id === "") return t("statuses.pending");
  if (changes.has(order.order_id)) return t("statuses.changing");
  return order.waiting ? t("statuses.waiting") : t(`statuses.${order.status}`);
}

/** Whether an order has the figure to be changed. */
function hasFigure(order: Order, name: keyof NewFigures): boolean {
  return name === "quantity" || (name === "price" ? hasPrice(order) : hasOwnTrigger(order));
}

/** The figures of an order as a person finds them in the fields. */
function draftOf(order: Order, termsBySymbol: TermsBySymbol): AmendDraft {
  const terms = termsBySymbol.get(order.symbol);
  const price = (text: string | null | undefined) => {
    if (text == null) return "";
    return terms ? fromUnits(toUnits(text, terms.price_scale), terms.price_scale) : text;
  };
  return {
    order,
    price: price(order.price),
    quantity: order.quantity ?? "",
    trigger: price(order.trigger_price),
  };
}

function save({ draft, termsBySymbol, setDraft }: Context): void {
  const reading = draft && readingOf(draft, termsBySymbol.get(draft.order.symbol));
  if (!draft || !reading || reading.problem) return;
  setDraft(null);
  void amend(draft.order.order_id, reading.amendment);
}

function Actions({ order, context }: { order: Order; context: Context }) {
  const { t, changes, draft, setDraft, termsBySymbol } = context;
  if (order.order_id === "") return null;
  const busy = changes.has(order.order_id);
  if (draft?.order.order_id === order.order_id) return <AmendActions draft={draft} context={context} />;
  return (
    <span className={styles.actions}>
      {canAmend(order) && (
        <button
          type="button"
          className={buttons.small}
          disabled={busy}
          aria-label={t("amendOrder", { id: order.order_id })}
          data-testid="amend-order"
          onClick={() => setDraft(draftOf(order, termsBySymbol))}
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

function AmendActions({ draft, context }: { draft: AmendDraft; context: Context }) {
  const { t, setDraft, termsBySymbol } = context;
  const reading = readingOf(draft, termsBySymbol.get(draft.order.symbol));
  const kind = reading?.amendment.kind ?? "none";
  const replaces = draft.order.waiting ? "waitsAnew" : "losesPlace";
  return (
    <span className={styles.actions}>
      <button
        type="button"
        className={buttons.small}
        disabled={reading === null || reading.problem !== null || kind === "none"}
        title={t(kind === "none" ? "unchanged" : kind === "reduce" ? "keepsPlace" : replaces)}
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
