import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAssetDecimals } from "@/shared/assets";
import { csvTime, saveFile } from "@/shared/csv";
import { failureOf, useErrorText } from "@/shared/errors";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { showToast } from "@/shared/ui/toast-store";
import { readAll, useLedger } from "./ledger";
import { type Entry, EVERYTHING, ledgerCsv, type LedgerFilter } from "./ledger-filter";
import styles from "./Ledger.module.css";
import { LedgerFilters } from "./LedgerFilters";

/** Every change of every balance, newest first, with filters and a file of what they leave. */
export function Ledger() {
  const { t } = useTranslation("wallet");
  const [filter, setFilter] = useState<LedgerFilter>(EVERYTHING);
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage } = useLedger(filter);
  const rows = useMemo(() => data?.pages.flatMap((page) => page.entries) ?? [], [data]);
  const errorText = useErrorText();
  const columns = useColumns();
  const isNarrowed = Object.values(filter).some((value) => value !== "");
  const empty = error ? errorText(failureOf(error).code) : t(isNarrowed ? "noMatch" : "noEntries");
  return (
    <Panel title={t("history")} controls={<Export filter={filter} />}>
      <div className={styles.ledger}>
        <LedgerFilters filter={filter} onChange={setFilter} />
        <DataTable
          label={t("history")}
          testId="ledger"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.entry_id}
          loading={isPending}
          empty={empty}
          onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined}
        />
      </div>
    </Panel>
  );
}

function Export({ filter }: { filter: LedgerFilter }) {
  const { t } = useTranslation("wallet");
  const errorText = useErrorText();
  const header = ["timeUtc", "type", "asset", "amount", "feeInside", "balanceAfter", "market", "tradeId", "orderId"];
  const file = useMutation({
    mutationFn: () => readAll(filter),
    onSuccess: (entries) =>
      saveFile(`xtrader-ledger-${csvTime(Date.now()).slice(0, 10)}.csv`, ledgerCsv(header.map((name) => t(name)), entries)),
    onError: (error) => {
      const { code, details } = failureOf(error);
      showToast({ key: "export", tone: "bad", title: t("exportFailed"), text: errorText(code, details) });
    },
  });
  return (
    <button type="button" className={styles.export} disabled={file.isPending} onClick={() => file.mutate()} data-testid="ledger-export">
      {t(file.isPending ? "exporting" : "export")}
    </button>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { t } = useTranslation("wallet");
  const decimals = useAssetDecimals();
  return [
    { id: "time", header: t("time"), width: "minmax(110px, 1fr)", align: "left", cell: (row) => <Time at={row.timestamp} /> },
    { id: "type", header: t("type"), width: "minmax(56px, 0.6fr)", align: "left", cell: (row) => t(`types.${row.type}`) },
    {
      id: "market",
      header: t("market"),
      width: "minmax(72px, 0.7fr)",
      align: "left",
      cell: ({ symbol }) => (symbol ? <Link to={`/trade/${symbol}`}>{symbol}</Link> : "–"),
    },
    { id: "asset", header: t("asset"), width: "minmax(52px, 0.5fr)", align: "left", cell: (row) => row.asset },
    {
      id: "amount",
      header: t("amount"),
      width: "minmax(124px, 1.3fr)",
      cell: (row) => <Amount text={row.amount} decimals={decimals(row.asset)} signed exact />,
    },
    {
      id: "fee",
      header: t("feeInside"),
      width: "minmax(84px, 0.9fr)",
      cell: (row) => (/[1-9]/.test(row.fee) ? <Amount text={row.fee} decimals={decimals(row.asset)} exact /> : "–"),
    },
    {
      id: "after",
      header: t("balanceAfter"),
      width: "minmax(136px, 1.3fr)",
      cell: (row) => <Amount text={row.balance_after} decimals={decimals(row.asset)} exact />,
    },
  ];
}
