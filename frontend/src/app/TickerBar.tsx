import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { abbreviated, fixed, signOf } from "@/shared/numbers";
import { Change } from "@/shared/ui/Change";
import { useTickers } from "@/shared/wire/market-store";
import type { SymbolTerms, Ticker } from "@/shared/wire/types";
import styles from "./Header.module.css";

/** The market on show in figures. */
export function TickerBar({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const ticker = useTickers([terms.symbol]).get(terms.symbol);
  const price = (text: string | null | undefined) => (text ? fixed(text, terms.price_scale) : "–");
  const last = price(ticker?.last_price);
  const sign = signOf(ticker?.price_change_24h);
  useTitle(ticker?.last_price ? `${last} ${terms.symbol}` : null);
  return (
    <div className={styles.ticker}>
      <div
        className={`${styles.last} ${sign > 0 ? "rise" : sign < 0 ? "fall" : ""}`}
        data-testid="last-price"
      >
        {last}
      </div>
      <Figure label={t("change24h")}>
        <Change ticker={ticker} /> <small className={styles.by}>{changeText(ticker, terms)}</small>
      </Figure>
      <Figure label={t("high24h")}>{price(ticker?.high_price_24h)}</Figure>
      <Figure label={t("low24h")}>{price(ticker?.low_price_24h)}</Figure>
      <Figure label={`${t("volume24h")} (${terms.base_asset})`}>
        {ticker ? abbreviated(ticker.volume_24h, language) : "–"}
      </Figure>
      <Figure label={`${t("value24h")} (${terms.quote_asset})`}>
        {ticker ? abbreviated(ticker.quote_volume_24h, language) : "–"}
      </Figure>
    </div>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className={styles.figure}>
      <small>{label}</small>
      <span>{children}</span>
    </div>
  );
}

function changeText(ticker: Ticker | undefined, terms: SymbolTerms): string {
  const change = ticker?.price_change_24h;
  if (!change) return "";
  const text = fixed(change, terms.price_scale);
  return signOf(change) > 0 ? `+${text}` : text;
}

function useTitle(text: string | null): void {
  useEffect(() => {
    document.title = text === null ? "xTrader" : `${text} · xTrader`;
    return () => {
      document.title = "xTrader";
    };
  }, [text]);
}
