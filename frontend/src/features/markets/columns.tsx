import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { type Language, useLanguage } from "@/shared/i18n";
import { CONTINUOUS, useStatusText } from "@/shared/market/market-status";
import { abbreviated, fixed } from "@/shared/numbers";
import { useSettings } from "@/shared/settings";
import { compareDecimals } from "@/shared/sorting";
import { Change } from "@/shared/ui/Change";
import type { Column } from "@/shared/ui/DataTable";
import { Sparkline } from "@/shared/ui/Line";
import type { SymbolTerms, Ticker } from "@/shared/wire/types";
import styles from "./columns.module.css";

export interface MarketRow {
  terms: SymbolTerms;
  name: string;
  ticker: Ticker | undefined;
  /** Closes of the last day, for the line. */
  closes: readonly number[];
  isFavourite: boolean;
}

type Figure = (ticker: Ticker) => string | null;

/** Ascending order by a figure; markets without it come first. */
function byFigure(figure: Figure): (a: MarketRow, b: MarketRow) => number {
  const text = ({ ticker }: MarketRow) => ticker && figure(ticker);
  return (a, b) => compareDecimals(text(a), text(b));
}

function priceColumn(id: string, header: string, figure: Figure): Column<MarketRow> {
  return {
    id,
    header,
    width: "minmax(100px, 1fr)",
    cell: ({ terms, ticker }) => {
      const text = ticker && figure(ticker);
      return text ? fixed(text, terms.price_scale) : "–";
    },
    compare: byFigure(figure),
  };
}

/** What was traded in 24 hours, in one of the symbol's assets. */
function totalColumn(
  id: string,
  header: string,
  figure: (of: Ticker) => string,
  asset: "base_asset" | "quote_asset",
  language: Language,
): Column<MarketRow> {
  return {
    id,
    header,
    width: "minmax(110px, 1fr)",
    cell: ({ terms, ticker }) => {
      if (!ticker) return "–";
      return (
        <>
          {abbreviated(figure(ticker), language)} <small className={styles.unit}>{terms[asset]}</small>
        </>
      );
    },
    compare: byFigure(figure),
  };
}

export function useMarketColumns(): readonly Column<MarketRow>[] {
  const { t } = useTranslation("markets");
  const language = useLanguage();
  return useMemo(
    () => [
      {
        id: "symbol",
        header: t("market"),
        width: "minmax(190px, 1.4fr)",
        align: "left",
        cell: (row) => <Market row={row} />,
        compare: (a, b) => b.terms.symbol.localeCompare(a.terms.symbol),
      },
      priceColumn("last", t("last"), (of) => of.last_price),
      {
        id: "change",
        header: t("change"),
        width: "minmax(90px, 1fr)",
        cell: ({ ticker }) => <Change ticker={ticker} />,
        compare: byFigure((of) => of.price_change_percent_24h),
      },
      {
        id: "line",
        header: t("lastDay"),
        width: "minmax(110px, 1fr)",
        cell: ({ terms, closes }) => <Line terms={terms} closes={closes} />,
      },
      priceColumn("high", t("high"), (of) => of.high_price_24h),
      priceColumn("low", t("low"), (of) => of.low_price_24h),
      totalColumn("volume", t("volume"), (of) => of.volume_24h, "base_asset", language),
      totalColumn("value", t("value"), (of) => of.quote_volume_24h, "quote_asset", language),
    ],
    [t, language],
  );
}

function Line({ terms, closes }: Pick<MarketRow, "terms" | "closes">) {
  const { t } = useTranslation("markets");
  return <Sparkline values={closes} label={t("lineOf", { symbol: terms.symbol })} />;
}

function Market({ row }: { row: MarketRow }) {
  const { t } = useTranslation("markets");
  const toggle = useSettings((settings) => settings.toggleFavourite);
  const statusText = useStatusText(row.terms);
  const { symbol, status } = row.terms;
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
