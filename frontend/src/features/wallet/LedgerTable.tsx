import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { download } from "@/shared/download";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { grouped } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { LedgerFilters } from "./LedgerFilters";
import styles from "./LedgerTable.module.css";
import { useLedger, useLedgerTotals } from "./ledger";
import { type Entry, EVERYTHING, type LedgerFilter, queryOf } from "./ledger-filter";

/** Every change of every balance, newest first, with filters and a file of what they leave. */
export function LedgerTable() {
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
        <Totals filter={filter} />
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
  return (
    <button
      type="button"
      className={styles.export}
      onClick={() => download("/v1/export/ledger", { ...queryOf(filter) })}
      data-testid="ledger-export"
    >
      {t("export")}
    </button>
  );
}

/** What the entries of the filters come to, once it is asked for. */
function Totals({ filter }: { filter: LedgerFilter }) {
  const { t } = useTranslation("wallet");
  const [isOpen, setOpen] = useState(false);
  const decimals = useAssetDecimals();
  const errorText = useErrorText();
  const { data, error } = useLedgerTotals(filter, isOpen);
  return (
    <details className={styles.totals} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary data-testid="ledger-totals">{t("totals")}</summary>
      {error && <p role="alert">{errorText(failureOf(error).code)}</p>}
      {data && (
        <ul>
          <li>{t("entryCount", { rows: grouped(String(data.count)) })}</li>
          {data.totals.map(({ asset, type, amount, fee }) => (
            <li key={`${asset} ${type}`}>
              {asset} {t(`types.${type}`)}{" "}
              <b>
                <Amount text={amount} decimals={decimals(asset)} signed exact />
              </b>
              {/[1-9]/.test(fee) && (
                <small>
                  {" "}
                  {t("feeInside")} <Amount text={fee} decimals={decimals(asset)} exact />
                </small>
              )}
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}

function useColumns(): readonly Column<Entry>[] {
  const { t } = useTranslation("wallet");
  const decimals = useAssetDecimals();
  return [
    {
      id: "time",
      header: t("time"),
      width: "minmax(110px, 1fr)",
      align: "left",
      cell: (row) => <Time at={row.timestamp} />,
    },
    {
      id: "type",
      header: t("type"),
      width: "minmax(56px, 0.6fr)",
      align: "left",
      cell: (row) => t(`types.${row.type}`),
    },
    {
      id: "market",
      header: t("marketOrSide"),
      width: "minmax(92px, 0.9fr)",
      align: "left",
      cell: (row) => (row.symbol ? <Link to={`/trade/${row.symbol}`}>{row.symbol}</Link> : otherSide(row)),
    },
    {
      id: "asset",
      header: t("asset"),
      width: "minmax(52px, 0.5fr)",
      align: "left",
      cell: (row) => row.asset,
    },
    {
      id: "amount",
      header: t("amount"),
      width: "minmax(124px, 1.3fr)",
      cell: (row) => <Change entry={row} decimals={decimals(row.asset)} />,
    },
    {
      id: "fee",
      header: t("feeInside"),
      width: "minmax(84px, 0.9fr)",
      cell: (row) =>
        /[1-9]/.test(row.fee) ? <Amount text={row.fee} decimals={decimals(row.asset)} exact /> : "–",
    },
    {
      id: "after",
      header: t("balanceAfter"),
      width: "minmax(136px, 1.3fr)",
      cell: (row) => <Amount text={row.balance_after} decimals={decimals(row.asset)} exact />,
    },
  ];
}

/** What an entry did to a balance; of a hold, which did nothing to it, in brackets what was held or given back. */
function Change({ entry, decimals }: { entry: Entry; decimals: number }) {
  const { t } = useTranslation("wallet");
  if (!entry.held || /[1-9]/.test(entry.amount)) {
    return <Amount text={entry.amount} decimals={decimals} signed exact />;
  }
  return (
    <span title={t("heldChange")}>
      (<Amount text={entry.held} decimals={decimals} signed exact />)
    </span>
  );
}

/** Who a transfer went to or came from, and what was said about it. */
function otherSide({ counter_account, memo, withdrawal_id }: Entry) {
  const parts = [counter_account, memo, withdrawal_id].filter(Boolean);
  return parts.length ? <span title={parts.join(" · ")}>{parts.join(" · ")}</span> : "–";
}
