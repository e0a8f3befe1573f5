import { useEffect, useMemo, useState } from "react";
import { OrderBook } from "@/features/book/OrderBook";
import { Chart } from "@/features/chart/Chart";
import { MarketList } from "@/features/markets/MarketList";
import { Tape } from "@/features/trades/Tape";
import { initialLanguage, type Language, LanguageContext, rememberLanguage, useWords } from "@/shared/i18n";
import { socket, useStatistics, useSymbols } from "@/shared/wire/store";
import type { SymbolSpec } from "@/shared/wire/types";
import styles from "./App.module.css";
import { Header } from "./Header";
import type { Page } from "./page";
import { useSelectedSymbol } from "./selection";

export function App({ page }: { page: Page }) {
  const [language, setLanguage] = useState<Language>(initialLanguage);
  useEffect(() => {
    document.documentElement.lang = language;
    rememberLanguage(language);
  }, [language]);
  useEffect(() => {
    socket.start();
    return () => socket.stop();
  }, []);
  return (
    <LanguageContext value={language}>
      <Terminal page={page} onLanguage={setLanguage} />
    </LanguageContext>
  );
}

interface TerminalProps {
  page: Page;
  onLanguage: (language: Language) => void;
}

function Terminal({ page, onLanguage }: TerminalProps) {
  const symbols = useSymbols();
  const names = useMemo(() => (symbols ?? []).map((spec) => spec.symbol), [symbols]);
  const statistics = useStatistics(names);
  const [selected, select] = useSelectedSymbol(names);
  const spec = symbols?.find((entry) => entry.symbol === selected);
  return (
    <div className={styles.shell}>
      <Header page={page} spec={spec} statistics={spec && statistics.get(spec.symbol)} onLanguage={onLanguage} />
      <Notice spec={spec} />
      {spec && symbols ? (
        <Panels spec={spec} symbols={symbols} statistics={statistics} onSelect={select} />
      ) : (
        <Nothing loading={symbols === null} />
      )}
    </div>
  );
}

const TABS = ["chart", "book", "trades", "markets"] as const;
type Tab = (typeof TABS)[number];

interface PanelsProps {
  spec: SymbolSpec;
  symbols: SymbolSpec[];
  statistics: ReturnType<typeof useStatistics>;
  onSelect: (symbol: string) => void;
}

function Panels({ spec, symbols, statistics, onSelect }: PanelsProps) {
  const words = useWords();
  const [tab, setTab] = useState<Tab>("chart");
  const labels: Record<Tab, string> = {
    chart: words.chart,
    book: words.orderBook,
    trades: words.trades,
    markets: words.markets,
  };
  const place = (name: Tab) => `${styles[name] ?? ""} ${tab === name ? styles.shown : ""}`;
  const choose = (symbol: string) => {
    onSelect(symbol);
    setTab("chart");
  };
  return (
    <>
      <div className={styles.tabs} role="tablist">
        {TABS.map((name) => (
          <button key={name} role="tab" aria-selected={tab === name} onClick={() => setTab(name)}>
            {labels[name]}
          </button>
        ))}
      </div>
      <main className={styles.panels}>
        <MarketList className={place("markets")} {...{ symbols, statistics }} selected={spec.symbol} onSelect={choose} />
        <Chart className={place("chart")} spec={spec} />
        <OrderBook className={place("book")} spec={spec} statistics={statistics.get(spec.symbol)} />
        <Tape className={place("trades")} spec={spec} />
      </main>
    </>
  );
}

/** Why trading is not as usual, or an empty row that takes no room. */
function Notice({ spec }: { spec: SymbolSpec | undefined }) {
  const words = useWords();
  if (!spec || spec.status === "trading") return <div />;
  const text = spec.status === "halted" ? words.halted : words.cancelOnly;
  return (
    <div className={styles.notice} role="status">
      {spec.symbol}: {text}
      {spec.status_reason ? `: ${spec.status_reason}` : ""}
    </div>
  );
}

function Nothing({ loading }: { loading: boolean }) {
  const words = useWords();
  return <div className={styles.empty}>{loading ? words.loading : words.noSymbols}</div>;
}
