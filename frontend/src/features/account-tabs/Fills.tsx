import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { compareDecimals, compareTexts } from "@/shared/sorting";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Fill } from "@/shared/wire/api";
import {
  amountText,
  priceText,
  QuantityOf,
  sideColumn,
  symbolColumn,
  type TermsBySymbol,
  type Translate,
  timeColumn,
} from "./cells";
import type { History } from "./history";
import { useSearch } from "./use-search";

interface FillsProps {
  history: History<Fill>;
  rows: readonly Fill[];
  termsBySymbol: TermsBySymbol;
  empty: React.ReactNode;
  /** Whether rows are left out that the exchange has sent. */
  isSearch: boolean;
}

/** Own sides of trades. */
export function Fills({ history, rows, termsBySymbol, empty, isSearch }: FillsProps) {
  const { t } = useTranslation("orders");
  const columns = useMemo(() => columnsOf(t, termsBySymbol), [t, termsBySymbol]);
  const search = useSearch(history, isSearch, empty);
  return (
    <DataTable
      label={t("fills")}
      columns={columns}
      rows={rows}
      keyOf={(fill) => `${fill.trade_id} ${fill.order_id}`}
      loading={history.loading}
      {...search}
      testId="fills"
    />
  );
}

function columnsOf(t: Translate, termsBySymbol: TermsBySymbol): Column<Fill>[] {
  const terms = (fill: Fill) => termsBySymbol.get(fill.symbol);
  return [
    timeColumn(t, (fill) => fill.timestamp),
    symbolColumn(t),
    sideColumn(t),
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => priceText(fill.price, terms(fill)),
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => <QuantityOf quantity={fill.quantity} terms={terms(fill)} />,
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    {
      id: "value",
      header: t("columns.value"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => `${amountText(fill.amount, terms(fill))} ${terms(fill)?.quote_asset ?? ""}`,
      compare: (a, b) => compareDecimals(a.amount, b.amount),
    },
    {
      id: "fee",
      header: t("columns.fee"),
      width: "minmax(80px, 0.8fr)",
      cell: (fill) => `${amountText(fill.fee, terms(fill), 2)} ${fill.fee_asset}`,
      compare: (a, b) => compareDecimals(a.fee, b.fee),
    },
    {
      id: "liquidity",
      header: t("columns.liquidity"),
      width: "minmax(64px, 0.6fr)",
      align: "left",
      cell: (fill) => t(`liquidity.${fill.liquidity}`),
      compare: (a, b) => compareTexts(a.liquidity, b.liquidity),
    },
  ];
}
