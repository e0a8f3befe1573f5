import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { failureOf, useErrorText } from "@/shared/errors";
import { useDisplayName } from "@/shared/i18n";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import type { Schemas } from "@/shared/wire/api";
import { useOwnFees } from "./fees-query";
import { percentOf } from "./percent";

type Rates = Schemas["FeeRates"];

/** What the account pays on each market. */
export function Fees() {
  const { t } = useTranslation("account");
  const errorText = useErrorText();
  const displayName = useDisplayName();
  const { data, error, isPending } = useOwnFees();
  const columns: readonly Column<Rates>[] = [
    {
      id: "market",
      header: t("market"),
      width: "minmax(140px, 2fr)",
      align: "left",
      cell: ({ symbol }) => (
        <Link to={`/trade/${symbol}`}>
          <strong>{symbol}</strong> {displayName(symbol)}
        </Link>
      ),
    },
    {
      id: "maker",
      header: t("maker"),
      width: "minmax(80px, 1fr)",
      cell: (row) => percentOf(row.maker_fee_rate),
    },
    {
      id: "taker",
      header: t("taker"),
      width: "minmax(80px, 1fr)",
      cell: (row) => percentOf(row.taker_fee_rate),
    },
  ];
  return (
    <Panel title={t("fees")}>
      <DataTable
        label={t("fees")}
        testId="fees"
        columns={columns}
        rows={data?.fees ?? []}
        keyOf={(row) => row.symbol}
        loading={isPending}
        empty={error ? errorText(failureOf(error).code) : t("noFees")}
      />
    </Panel>
  );
}
