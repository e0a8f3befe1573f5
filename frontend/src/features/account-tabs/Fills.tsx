import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Fill } from "@/shared/wire/api";
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
  type Words,
} from "./cells";
import type { History } from "./history";

interface FillsProps {
  history: History<Fill>;
  rows: readonly Fill[];
  specs: Specs;
  empty: React.ReactNode;
}

/** Own sides of trades. */
export function Fills({ history, rows, specs, empty }: FillsProps) {
  const { t } = useTranslation("orders");
  const columns = useMemo(() => columnsOf(t, specs), [t, specs]);
  return (
    <DataTable
      label={t("fills")}
      columns={columns}
      rows={rows}
      keyOf={(fill) => `${fill.trade_id} ${fill.order_id}`}
      empty={empty}
      loading={history.loading}
      onEnd={history.more}
      testId="fills"
    />
  );
}

function columnsOf(t: Words, specs: Specs): Column<Fill>[] {
  const spec = (fill: Fill) => specs.get(fill.symbol);
  return [
    timeColumn(t, (fill) => fill.timestamp),
    symbolColumn(t),
    sideColumn(t),
    {
      id: "price",
      header: t("columns.price"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => priceText(fill.price, spec(fill)),
      compare: (a, b) => compareDecimals(a.price, b.price),
    },
    {
      id: "quantity",
      header: t("columns.quantity"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => <QuantityOf quantity={fill.quantity} spec={spec(fill)} />,
      compare: (a, b) => compareDecimals(a.quantity, b.quantity),
    },
    {
      id: "value",
      header: t("columns.value"),
      width: "minmax(96px, 1fr)",
      cell: (fill) => `${amountText(fill.amount, spec(fill))} ${spec(fill)?.quote_asset ?? ""}`,
      compare: (a, b) => compareDecimals(a.amount, b.amount),
    },
    {
      id: "fee",
      header: t("columns.fee"),
      width: "minmax(80px, 0.8fr)",
      cell: (fill) => `${amountText(fill.fee, spec(fill), 2)} ${fill.fee_asset}`,
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
