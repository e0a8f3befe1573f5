import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { useDeposits } from "./custody";
import styles from "./custody.module.css";
import { State } from "./parts";
import type { Deposit } from "./wire";

/** What has come into the account, and what is announced, newest first. */
export function DepositTable() {
  const { t } = useTranslation("custody");
  const errorText = useErrorText();
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage } = useDeposits();
  const rows = useMemo(() => data?.pages.flatMap((page) => page.deposits) ?? [], [data]);
  return (
    <Panel title={t("deposits")}>
      <DataTable
        label={t("deposits")}
        testId="deposits"
        columns={useColumns()}
        rows={rows}
        keyOf={(row) => row.deposit_id}
        loading={isPending}
        empty={error ? errorText(failureOf(error).code) : t("noDeposits")}
        onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined}
      />
    </Panel>
  );
}

/** Sources that are the exchange's own; others are called by the provider's name. */
const OWN_SOURCES: Readonly<Record<string, string>> = {
  operator: "operator",
  "play money": "playMoney",
  provider: "provider",
};

function useColumns(): readonly Column<Deposit>[] {
  const { t } = useTranslation("custody");
  const decimals = useAssetDecimals();
  const sourceOf = (source: string) => {
    const own = OWN_SOURCES[source];
    return own ? t(`sources.${own}`) : source;
  };
  return [
    {
      id: "time",
      header: t("time"),
      width: "minmax(104px, 0.8fr)",
      align: "left",
      cell: (row) => <Time at={row.seen_at} />,
    },
    { id: "asset", header: t("asset"), width: "52px", align: "left", cell: (row) => row.asset },
    {
      id: "amount",
      header: t("amount"),
      width: "minmax(104px, 0.8fr)",
      cell: (row) => <Amount text={row.amount} decimals={decimals(row.asset)} exact />,
    },
    {
      id: "source",
      header: t("source"),
      width: "minmax(88px, 0.8fr)",
      align: "left",
      cell: (row) => sourceOf(row.source),
    },
    {
      id: "sentence",
      header: t("standing"),
      width: "minmax(180px, 2.4fr)",
      align: "left",
      cell: (row) => (
        <span className={styles.sentence}>
          <State of={row.state} names="depositNames" /> {t(`depositStates.${row.state}`)}
        </span>
      ),
    },
  ];
}
