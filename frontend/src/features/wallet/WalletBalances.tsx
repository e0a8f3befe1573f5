import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { totalOf, useAssetDecimals, useAssetName, useAssets } from "@/shared/market/assets";
import { Amount } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import { useAccount } from "@/shared/wire/account-store";
import type { Balance } from "@/shared/wire/api";
import styles from "./WalletBalances.module.css";

/** What is held of each asset, as the balance feed gives it. */
export function WalletBalances() {
  const { t } = useTranslation("wallet");
  const current = useAccount((account) => account.current);
  const balances = useAccount((account) => account.balances);
  const assets = useAssets();
  const columns = useColumns();
  const isKnown = current || balances.size > 0;
  const rows = useMemo(() => {
    // Until the feed has spoken nothing is known, not even that there is nothing.
    if (!isKnown) return [];
    const known = [...new Set([...assets, ...balances.keys()])];
    return known.map((asset) => balances.get(asset) ?? { asset, available: "0", held: "0" });
  }, [assets, balances, isKnown]);
  return (
    <DataTable
      label={t("balances")}
      testId="wallet-balances"
      columns={columns}
      rows={rows}
      keyOf={(row) => row.asset}
      loading={!isKnown}
      empty={t("noBalances")}
    />
  );
}

function useColumns(): readonly Column<Balance>[] {
  const { t } = useTranslation("wallet");
  const decimals = useAssetDecimals();
  const nameOf = useAssetName();
  const amount = (id: string, text: (row: Balance) => string): Column<Balance> => ({
    id,
    header: t(id),
    width: "minmax(112px, 1fr)",
    cell: (row) => <Amount text={text(row)} decimals={decimals(row.asset)} exact />,
  });
  return [
    {
      id: "asset",
      header: t("asset"),
      width: "minmax(92px, 0.8fr)",
      align: "left",
      cell: ({ asset }) => (
        <span className={styles.asset}>
          <strong>{asset}</strong> <small>{nameOf(asset)}</small>
        </span>
      ),
    },
    amount("available", (row) => row.available),
    amount("held", (row) => row.held),
    amount("total", totalOf),
  ];
}
