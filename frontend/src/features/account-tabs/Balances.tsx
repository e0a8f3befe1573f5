import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { totalOf } from "@/shared/market/assets";
import { compareDecimals, compareTexts } from "@/shared/sorting";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Quantity } from "@/shared/ui/Quantity";
import type { Balance } from "@/shared/wire/api";
import type { Translate } from "./cells";

interface BalancesProps {
  rows: readonly Balance[];
  /** Decimals to show of an asset. */
  decimalsOf: (asset: string) => number;
  loading: boolean;
  empty: React.ReactNode;
}

/** What the account has, and how much of it open orders hold. */
export function Balances({ rows, decimalsOf, loading, empty }: BalancesProps) {
  const { t } = useTranslation("orders");
  const columns = useMemo(() => columnsOf(t, decimalsOf), [t, decimalsOf]);
  return (
    <DataTable
      label={t("balances")}
      columns={columns}
      rows={rows}
      keyOf={(balance) => balance.asset}
      empty={empty}
      loading={loading}
      testId="balances"
    />
  );
}

function columnsOf(t: Translate, decimalsOf: (asset: string) => number): Column<Balance>[] {
  const amount = (id: "available" | "held" | "total", of: (balance: Balance) => string): Column<Balance> => ({
    id,
    header: t(`columns.${id}`),
    width: "minmax(110px, 1fr)",
    cell: (balance) => <Quantity text={of(balance)} scale={decimalsOf(balance.asset)} />,
    compare: (a, b) => compareDecimals(of(a), of(b)),
  });
  return [
    {
      id: "asset",
      header: t("columns.asset"),
      width: "minmax(80px, 0.6fr)",
      align: "left",
      cell: (balance) => balance.asset,
      compare: (a, b) => compareTexts(a.asset, b.asset),
    },
    amount("available", (balance) => balance.available),
    amount("held", (balance) => balance.held),
    amount("total", totalOf),
  ];
}
