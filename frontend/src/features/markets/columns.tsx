import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useLanguage } from "@/shared/i18n";
import { abbreviated, fixed, toUnits } from "@/shared/numbers";
import { CONTINUOUS, useStatusText } from "@/shared/market-status";
import { useSettings } from "@/shared/settings/settings";
import { Change } from "@/shared/ui/Change";
import type { Column } from "@/shared/ui/DataTable";
import { Sparkline } from "@/shared/ui/Line";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./columns.module.css";

export interface MarketRow {
  spec: SymbolSpec;
  name: string;
  statistics: Statistics | undefined;
  /** Closes of the last day, for the line. */
  closes: readonly number[];
  isFavourite: boolean;
}

type Figure = (statistics: Statistics) => string | null;

/** Fine enough to order prices and values of any symbol against each other. */
const ORDER_SCALE = 12;

/** Ascending order by a figure; markets without it come first. */
function byFigure(figure: Figure): (a: MarketRow, b: MarketRow) => number {
  const units = (row: MarketRow) => {
    const text = row.statistics && figure(row.statistics);
    return text ? toUnits(text, ORDER_SCALE) : null;
  };
  return (a, b) => {
    const [left, right] = [units(a), units(b)];
    if (left === null || right === null) return Number(left !== null) - Number(right !== null);
    return left < right ? -1 : left > right ? 1 : 0;
  };
}

export function useMarketColumns(): readonly Column<MarketRow>[] {
  const { t } = useTranslation("markets");
  const language = useLanguage();
  return useMemo(() => {
    const price = (id: string, header: string, figure: Figure, width: string): Column<MarketRow> => ({
      id,
      header,
      width,
      cell: ({ spec, statistics }) => {
        const text = statistics && figure(statistics);
        return text ? fixed(text, spec.price_scale) : "–";
      },
      compare: byFigure(figure),
    });
    const total = (id: string, header: string, figure: (of: Statistics) => string, unit: (spec: SymbolSpec) => string) => ({
      id,
      header,
      width: "minmax(110px, 1fr)",
      cell: ({ spec, statistics }: MarketRow) =>
        statistics ? (
          <>
            {abbreviated(figure(statistics), language)} <small className={styles.unit}>{unit(spec)}</small>
          </>
        ) : (
          "–"
        ),
      compare: byFigure(figure),
    });
    return [
      {
        id: "symbol",
        header: t("market"),
        width: "minmax(190px, 1.4fr)",
        align: "left",
        cell: (row) => <Market row={row} />,
        compare: (a, b) => b.spec.symbol.localeCompare(a.spec.symbol),
      },
      price("last", t("last"), (of) => of.last_price, "minmax(100px, 1fr)"),
      {
        id: "change",
        header: t("change"),
        width: "minmax(90px, 1fr)",
        cell: ({ statistics }) => <Change statistics={statistics} />,
        compare: byFigure((of) => of.price_change_percent_24h),
      },
      {
        id: "line",
        header: t("lastDay"),
        width: "minmax(110px, 1fr)",
        cell: ({ spec, closes }) => <Sparkline values={closes} label={t("lineOf", { symbol: spec.symbol })} />,
      },
      price("high", t("high"), (of) => of.high_price_24h, "minmax(100px, 1fr)"),
      price("low", t("low"), (of) => of.low_price_24h, "minmax(100px, 1fr)"),
      total("volume", t("volume"), (of) => of.volume_24h, (spec) => spec.base_asset),
      total("value", t("value"), (of) => of.quote_volume_24h, (spec) => spec.quote_asset),
    ];
  }, [t, language]);
}

function Market({ row }: { row: MarketRow }) {
  const { t } = useTranslation("markets");
  const toggle = useSettings((settings) => settings.toggleFavourite);
  const statusText = useStatusText(row.spec);
  const { symbol, status } = row.spec;
  return (
    <span className={styles.market}>
      <button
        type="button"
        className={styles.star}
        aria-pressed={row.isFavourite}
        aria-label={t("favourite", { symbol })}
        onClick={() => toggle(symbol)}
      >
        {row.isFavourite ? "★" : "☆"}
      </button>
      <Link to={`/trade/${symbol}`}>
        <strong>{symbol}</strong> <small>{row.name}</small>
      </Link>
      {status !== CONTINUOUS && <small className={styles.status}>{statusText("name")}</small>}
    </span>
  );
}
