import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAssetDecimals, useAssetName } from "@/shared/market/assets";
import { compareDecimals } from "@/shared/sorting";
import { Amount, Percent } from "@/shared/ui/Amount";
import buttons from "@/shared/ui/Button.module.css";
import { type Column, DataTable } from "@/shared/ui/DataTable";
import type { Method } from "./cost-method";
import styles from "./Holdings.module.css";
import { LotsDialog } from "./LotsDialog";
import type { CurrencyPortfolio, Holding } from "./revalue";

interface HoldingsProps {
  part: CurrencyPortfolio;
  method: Method;
  loading: boolean;
}

/** Each asset with what it cost, what it is worth, and what it has earned. */
export function Holdings({ part, method, loading }: HoldingsProps) {
  const { t } = useTranslation("portfolio");
  const { holdings, currency } = part;
  const [chosen, setChosen] = useState<string | null>(null);
  const columns = useColumns(currency, method, setChosen);
  const holding = holdings.find(({ asset }) => asset === chosen);
  return (
    <>
      <DataTable
        label={t("holdings")}
        testId="holdings"
        columns={columns}
        rows={holdings}
        keyOf={(row) => row.asset}
        loading={loading}
        empty={t("nothingHeld")}
      />
      {holding && <LotsDialog holding={holding} currency={currency} onClose={() => setChosen(null)} />}
    </>
  );
}

/** How many lots there are; a click shows them. */
function lotsColumn(header: string, onLots: (asset: string) => void): Column<Holding> {
  return {
    id: "lots",
    header,
    width: "minmax(64px, 0.5fr)",
    cell: ({ asset, tax_lot_count }) => (
      <button
        type="button"
        className={buttons.small}
        aria-label={`${header} ${asset}`}
        data-testid={`lots-${asset}`}
        disabled={tax_lot_count === 0}
        onClick={() => onLots(asset)}
      >
        {tax_lot_count}
      </button>
    ),
  };
}

type Figure = (row: Holding) => string | null;

function byFigure(figure: Figure): (a: Holding, b: Holding) => number {
  return (a, b) => compareDecimals(figure(a) ?? "0", figure(b) ?? "0");
}

function useColumns(
  currency: string,
  method: Method,
  onLots: (asset: string) => void,
): readonly Column<Holding>[] {
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
    ...(method === "fifo" ? [lotsColumn(t("lots"), onLots)] : []),
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
