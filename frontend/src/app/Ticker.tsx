import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { abbreviated, fixed, signOf } from "@/shared/numbers";
import { Change } from "@/shared/ui/Change";
import { useStatistics } from "@/shared/wire/store";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./Header.module.css";

/** The market on show in figures. */
export function Ticker({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const statistics: Statistics | undefined = useStatistics([spec.symbol]).get(spec.symbol);
  const price = (text: string | null | undefined) => (text ? fixed(text, spec.price_scale) : "–");
  const last = price(statistics?.last_price);
  const sign = signOf(statistics?.price_change_24h);
  useTitle(statistics?.last_price ? `${last} ${spec.symbol}` : null);
  return (
    <div className={styles.ticker}>
      <div className={`${styles.last} ${sign > 0 ? "rise" : sign < 0 ? "fall" : ""}`} data-testid="last-price">
        {last}
      </div>
      <Figure label={t("change24h")}>
        <Change statistics={statistics} /> <small className={styles.by}>{changeText(statistics, spec)}</small>
      </Figure>
      <Figure label={t("high24h")}>{price(statistics?.high_price_24h)}</Figure>
      <Figure label={t("low24h")}>{price(statistics?.low_price_24h)}</Figure>
      <Figure label={`${t("volume24h")} (${spec.base_asset})`}>
        {statistics ? abbreviated(statistics.volume_24h, language) : "–"}
      </Figure>
      <Figure label={`${t("value24h")} (${spec.quote_asset})`}>
        {statistics ? abbreviated(statistics.quote_volume_24h, language) : "–"}
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

function changeText(statistics: Statistics | undefined, spec: SymbolSpec): string {
  const change = statistics?.price_change_24h;
  if (!change) return "";
  const text = fixed(change, spec.price_scale);
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
