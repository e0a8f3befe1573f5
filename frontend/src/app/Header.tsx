import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, useParams } from "react-router";
import { useDisplayName, useLanguage } from "@/shared/i18n";
import { abbreviated, fixed } from "@/shared/numbers";
import { useSettings } from "@/shared/settings/settings";
import { Change } from "@/shared/ui/Change";
import { useConnection, useStatistics, useSymbols } from "@/shared/wire/store";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./Header.module.css";
import { usePage } from "./page";

export function Header() {
  const { t } = useTranslation();
  const page = usePage();
  const { symbol } = useParams();
  const spec = useSymbols()?.find((entry) => entry.symbol === symbol);
  return (
    <header className={styles.header}>
      <a className={styles.mark} href="/">
        x<span>Trader</span>
      </a>
      {spec && <Ticker spec={spec} />}
      <nav className={styles.nav}>
        <Connection />
        <NavLink to="/markets">{t("pages.markets")}</NavLink>
        {page.username && <NavLink to="/portfolio">{t("pages.portfolio")}</NavLink>}
        {page.username && <NavLink to="/wallet">{t("pages.wallet")}</NavLink>}
        <a href="/api/docs">{t("apiDocs")}</a>
        {page.isStaff && <a href="/admin/">{t("admin")}</a>}
        <Switches />
        <Session />
      </nav>
    </header>
  );
}

function Switches() {
  const { t } = useTranslation();
  const { language, theme, set } = useSettings();
  return (
    <>
      <button onClick={() => set({ theme: theme === "dark" ? "light" : "dark" })}>
        {t(theme === "dark" ? "theme.light" : "theme.dark")}
      </button>
      <button onClick={() => set({ language: language === "en" ? "ko" : "en" })}>{t("switchLanguage")}</button>
    </>
  );
}

function Ticker({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const displayName = useDisplayName();
  const statistics: Statistics | undefined = useStatistics([spec.symbol]).get(spec.symbol);
  const price = (text: string | null | undefined) => (text ? fixed(text, spec.price_scale) : "–");
  const last = price(statistics?.last_price);
  useEffect(() => {
    document.title = statistics?.last_price ? `${last} ${spec.symbol} · xTrader` : "xTrader";
  }, [last, spec.symbol, statistics?.last_price]);
  return (
    <div className={styles.ticker}>
      <div className={styles.symbol}>
        <strong>{spec.symbol}</strong>
        <small>{displayName(spec.symbol)}</small>
      </div>
      <div className={styles.last} data-testid="last-price">
        {last}
      </div>
      <Figure label={t("change24h")}>
        <Change statistics={statistics} />
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

function Connection() {
  const { t } = useTranslation();
  const { state, latencyMs, lastMessageAt } = useConnection();
  const since = lastMessageAt ? new Date(lastMessageAt).toLocaleTimeString("en-GB") : "";
  const text = { live: t("live"), connecting: t("connecting"), reconnecting: `${t("reconnecting")} ${since}` };
  return (
    <span className={styles.connection} data-state={state} data-testid="connection" role="status">
      <i aria-hidden />
      {text[state]}
      {state === "live" && latencyMs !== null && <small> {latencyMs} ms</small>}
    </span>
  );
}

function Session() {
  const { t } = useTranslation();
  const page = usePage();
  if (!page.username) {
    return (
      <a className={styles.button} href="/accounts/login/">
        {t("logIn")}
      </a>
    );
  }
  return (
    <form className={styles.session} method="post" action="/accounts/logout/">
      <input type="hidden" name="csrfmiddlewaretoken" value={page.csrfToken} />
      <NavLink to="/account">{page.username}</NavLink>
      <button className={styles.button}>{t("logOut")}</button>
    </form>
  );
}
