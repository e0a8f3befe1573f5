import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAssetDecimals, useAssetName } from "@/shared/assets";
import { toUnits } from "@/shared/numbers";
import { Amount, Percent } from "@/shared/ui/Amount";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Holding } from "./revalue";
import styles from "./Holdings.module.css";

const SCALE = 8;

interface HoldingsProps {
  holdings: readonly Holding[];
  currency: string;
  loading: boolean;
  empty: string;
}

/** Each asset with what it cost, what it is worth, and what it has earned. */
export function Holdings({ holdings, currency, loading, empty }: HoldingsProps) {
  const { t } = useTranslation("portfolio");
  const columns = useColumns(currency);
  return (
    <DataTable
      label={t("holdings")}
      testId="holdings"
      columns={columns}
      rows={holdings}
      keyOf={(row) => row.asset}
      loading={loading}
      empty={empty}
    />
  );
}

type Figure = (row: Holding) => string | null;

function byFigure(figure: Figure): (a: Holding, b: Holding) => number {
  const units = (row: Holding) => toUnits(figure(row) ?? "0", SCALE);
  return (a, b) => (units(a) < units(b) ? -1 : units(a) > units(b) ? 1 : 0);
}

function useColumns(currency: string): readonly Column<Holding>[] {
  const { t } = useTranslation("portfolio");
  const decimals = useAssetDecimals();
  const nameOf = useAssetName();
  const money = decimals(currency);
  const amount = (id: string, figure: Figure, signed = false): Column<Holding> => ({
    id,
    header: `${t(id)} (${currency})`,
    width: "minmax(120px, 1fr)",
    cell: (row) => <Amount text={figure(row)} decimals={money} signed={signed} />,
    compare: byFigure(figure),
  });
  return [
    {
      id: "asset",
      header: t("asset"),
      width: "minmax(120px, 1fr)",
      align: "left",
      cell: ({ asset, symbol }) => (
        <span className={styles.asset}>
          {symbol ? <Link to={`/trade/${symbol}`}>{asset}</Link> : asset} <small>{nameOf(asset)}</small>
        </span>
      ),
      compare: (a, b) => b.asset.localeCompare(a.asset),
    },
    {
      id: "quantity",
      header: t("quantity"),
      width: "minmax(120px, 1fr)",
      cell: (row) => <Amount text={row.quantity} decimals={decimals(row.asset)} />,
    },
    amount("averageCost", (row) => row.average_cost),
    amount("cost", (row) => row.cost),
    amount("value", (row) => row.value),
    amount("unrealised", (row) => row.unrealised_profit, true),
    {
      id: "percent",
      header: t("return"),
      width: "minmax(80px, 0.7fr)",
      cell: (row) => <Percent text={row.unrealised_percent} />,
      compare: byFigure((row) => row.unrealised_percent),
    },
    amount("realised", (row) => row.realised_profit, true),
  ];
}
