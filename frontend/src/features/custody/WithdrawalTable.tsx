import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { grouped, trimZeros } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import { useWithdrawals } from "./custody";
import styles from "./custody.module.css";
import { State } from "./parts";
import { Told } from "./Told";
import type { Withdrawal } from "./wire";

/** The account's withdrawals, newest first, each with how it stands in plain words. */
export function WithdrawalTable({ onOpen }: { onOpen: (withdrawalId: string) => void }) {
  const { t } = useTranslation("custody");
  const errorText = useErrorText();
  const { data, error, isPending, isFetchingNextPage, hasNextPage, fetchNextPage } = useWithdrawals();
  const rows = useMemo(() => data?.pages.flatMap((page) => page.withdrawals) ?? [], [data]);
  return (
    <Panel title={t("withdrawals")}>
      <DataTable
        label={t("withdrawals")}
        testId="withdrawals"
        columns={useColumns(onOpen)}
        rows={rows}
        keyOf={(row) => row.withdrawal_id}
        loading={isPending}
        empty={error ? errorText(failureOf(error).code) : t("noWithdrawals")}
        onEnd={hasNextPage && !isFetchingNextPage ? () => void fetchNextPage() : undefined}
      />
    </Panel>
  );
}

function useColumns(onOpen: (withdrawalId: string) => void): readonly Column<Withdrawal>[] {
  const { t } = useTranslation("custody");
  const decimals = useAssetDecimals();
  return [
    {
      id: "time",
      header: t("time"),
      width: "minmax(104px, 0.8fr)",
      align: "left",
      cell: (row) => <Time at={row.requested_at} />,
    },
    { id: "asset", header: t("asset"), width: "52px", align: "left", cell: (row) => row.asset },
    {
      id: "amount",
      header: t("arrives"),
      width: "minmax(104px, 0.8fr)",
      cell: (row) => <Amount text={row.amount} decimals={decimals(row.asset)} exact />,
    },
    {
      id: "sentence",
      header: t("standing"),
      width: "minmax(200px, 3fr)",
      align: "left",
      cell: (row) => (
        <span className={styles.sentence}>
          <State of={row.state} names="stateNames" /> <Told withdrawal={row} />
        </span>
      ),
    },
    {
      id: "actions",
      header: "",
      width: "72px",
      cell: (row) => (
        <button
          type="button"
          className={styles.small}
          aria-label={t("detailsOf", { amount: grouped(trimZeros(row.amount)), asset: row.asset })}
          onClick={() => onOpen(row.withdrawal_id)}
          data-testid="withdrawal-open"
        >
          {t("details")}
        </button>
      ),
    },
  ];
}
