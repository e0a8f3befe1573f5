import { useEffect } from "react";
import { displayName, type Language, useLanguage, useWords } from "@/shared/i18n";
import { abbreviated, fixed } from "@/shared/numbers";
import { Change } from "@/shared/ui/Change";
import { useConnection } from "@/shared/wire/store";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./Header.module.css";
import type { Page } from "./page";

interface HeaderProps {
  page: Page;
  spec: SymbolSpec | undefined;
  statistics: Statistics | undefined;
  onLanguage: (language: Language) => void;
}

export function Header({ page, spec, statistics, onLanguage }: HeaderProps) {
  const language = useLanguage();
  const words = useWords();
  return (
    <header className={styles.header}>
      <a className={styles.mark} href="/">
        x<span>Trader</span>
      </a>
      {spec && <Ticker spec={spec} statistics={statistics} />}
      <nav className={styles.nav}>
        <Connection />
        <a href="/api/docs">{words.apiDocs}</a>
        {(page.isStaff || !page.username) && <a href="/admin/">{words.admin}</a>}
        <button onClick={() => onLanguage(language === "en" ? "ko" : "en")}>{words.switchLanguage}</button>
        <Session page={page} />
      </nav>
    </header>
  );
}

function Ticker({ spec, statistics }: { spec: SymbolSpec; statistics: Statistics | undefined }) {
  const language = useLanguage();
  const words = useWords();
  const price = (text: string | null | undefined) => (text ? fixed(text, spec.price_scale) : "–");
  const last = price(statistics?.last_price);
  useEffect(() => {
    document.title = statistics?.last_price ? `${last} ${spec.symbol} · xTrader` : "xTrader";
  }, [last, spec.symbol, statistics?.last_price]);
  return (
    <div className={styles.ticker}>
      <div className={styles.symbol}>
        <strong>{spec.symbol}</strong>
        <small>{displayName(spec.symbol, language)}</small>
      </div>
      <div className={styles.last} data-testid="last-price">
        {last}
      </div>
      <Figure label={words.change24h}>
        <Change statistics={statistics} />
      </Figure>
      <Figure label={words.high24h}>{price(statistics?.high_price_24h)}</Figure>
      <Figure label={words.low24h}>{price(statistics?.low_price_24h)}</Figure>
      <Figure label={`${words.volume24h} (${spec.base_asset})`}>
        {statistics ? abbreviated(statistics.volume_24h, language) : "–"}
      </Figure>
      <Figure label={`${words.value24h} (${spec.quote_asset})`}>
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
  const words = useWords();
  const { state, latencyMs, lastMessageAt } = useConnection();
  const since = lastMessageAt ? new Date(lastMessageAt).toLocaleTimeString("en-GB") : "";
  const text = { live: words.live, connecting: words.connecting, reconnecting: `${words.reconnecting} ${since}` };
  return (
    <span className={styles.connection} data-state={state} data-testid="connection" role="status">
      <i aria-hidden />
      {text[state]}
      {state === "live" && latencyMs !== null && <small> {latencyMs} ms</small>}
    </span>
  );
}

function Session({ page }: { page: Page }) {
  const words = useWords();
  if (!page.username) return <a className={styles.button} href="/accounts/login/">{words.logIn}</a>;
  return (
    <form className={styles.session} method="post" action="/accounts/logout/">
      <input type="hidden" name="csrfmiddlewaretoken" value={page.csrfToken} />
      <span>{page.username}</span>
      <button className={styles.button}>{words.logOut}</button>
    </form>
  );
}
