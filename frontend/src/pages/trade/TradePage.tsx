import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { Link, useParams } from "react-router";
import { AccountTabs } from "@/features/account-tabs/AccountTabs";
import { Chart } from "@/features/chart/Chart";
import { DepthChart } from "@/features/depth/DepthChart";
import { OrderForm } from "@/features/order-form/OrderForm";
import { useSettings } from "@/shared/settings";
import { Splitter } from "@/shared/ui/Splitter";
import { useOwnSymbolFeed, useSymbols } from "@/shared/wire/symbols";
import type { SymbolTerms } from "@/shared/wire/types";
import { Banners } from "./Banners";
import { BookColumn } from "./BookColumn";
import { FIRST, LIMITS, type Sizes, useLayout, useMode } from "./layout-store";
import { PhoneLayout } from "./PhoneLayout";
import styles from "./TradePage.module.css";

export function TradePage() {
  const { symbol } = useParams();
  const symbols = useSymbols();
  const terms = symbols?.find((entry) => entry.symbol === symbol);
  const remember = useSettings((settings) => settings.set);
  useEffect(() => {
    if (terms) remember({ lastSymbol: terms.symbol });
  }, [terms, remember]);
  if (symbols === null) return <Skeleton />;
  if (!terms) return <NoSuchMarket symbol={symbol ?? ""} />;
  return <Layout terms={terms} />;
}

function NoSuchMarket({ symbol }: { symbol: string }) {
  const { t } = useTranslation();
  return (
    <main className={styles.empty}>
      <p>
        {t("noSuchMarket", { symbol })} <Link to="/markets">{t("seeMarkets")}</Link>
      </p>
    </main>
  );
}

function Layout({ terms }: { terms: SymbolTerms }) {
  useOwnSymbolFeed(terms.symbol);
  const { mode, tall } = useMode();
  const { sizes } = useLayout();
  useToastPlace(mode, sizes);
  if (mode === "phone") return <PhoneLayout terms={terms} />;
  const widths = { "--book": `${sizes.book}px`, "--form": `${sizes.form}px`, "--tabs": `${sizes.tabs}px` };
  return (
    <main className={styles.panels} data-mode={mode} style={widths as React.CSSProperties}>
      <Banners terms={terms} />
      <div className={styles.chart}>
        <Chart className={styles.fill ?? ""} terms={terms} depth={<DepthChart terms={terms} />} />
      </div>
      <SizeLine name="book" orientation="vertical" className={styles.bookLine} />
      {mode === "wide" ? <WideSide terms={terms} tall={tall} /> : <NarrowSide terms={terms} />}
      <SizeLine name="tabs" orientation="horizontal" className={styles.tabsLine} />
      <div className={styles.tabs}>
        <AccountTabs terms={terms} />
      </div>
    </main>
  );
}

/** Room for the chart's price axis. */
const AXIS_PX = 96;

/** Toasts stand in the corner of the chart, above the tables and beside book and form: they cover no row. */
function useToastPlace(mode: ReturnType<typeof useMode>["mode"], { book, form, tabs }: Sizes): void {
  useEffect(() => {
    if (mode === "phone") return undefined;
    const style = document.documentElement.style;
    const right = mode === "wide" ? book + form + 8 : Math.max(book, 290) + 4;
    style.setProperty("--toast-right", `${right + AXIS_PX}px`);
    style.setProperty("--toast-bottom", `calc(min(${tabs}px, 60vh) + 44px)`);
    return () => {
      style.removeProperty("--toast-right");
      style.removeProperty("--toast-bottom");
    };
  }, [mode, book, form, tabs]);
}

/** The book, and the form beside it. */
function WideSide({ terms, tall }: { terms: SymbolTerms; tall: boolean }) {
  return (
    <>
      <div className={styles.book}>
        <BookColumn terms={terms} tall={tall} />
      </div>
      <SizeLine name="form" orientation="vertical" className={styles.formLine} />
      <div className={styles.form}>
        <OrderForm terms={terms} />
      </div>
    </>
  );
}

/** The form below the book, as tall as it needs to be. */
function NarrowSide({ terms }: { terms: SymbolTerms }) {
  return (
    <div className={styles.side}>
      <div className={styles.sideBook}>
        <BookColumn terms={terms} tall={false} />
      </div>
      <div className={styles.sideForm}>
        <OrderForm terms={terms} />
      </div>
    </div>
  );
}

const LINE_WORDS = { book: "layout.bookWidth", form: "layout.formWidth", tabs: "layout.tabsHeight" } as const;

interface SizeLineProps {
  name: Exclude<keyof Sizes, "trades">;
  orientation: "vertical" | "horizontal";
  className: string | undefined;
}

function SizeLine({ name, orientation, className }: SizeLineProps) {
  const { t } = useTranslation();
  const { sizes, setSize } = useLayout();
  return (
    <Splitter
      label={t(LINE_WORDS[name])}
      orientation={orientation}
      size={sizes[name]}
      {...LIMITS[name]}
      onSize={(size) => setSize(name, size)}
      onReset={() => setSize(name, FIRST[name])}
      className={className}
    />
  );
}

/** The panels, empty, until the list of symbols is here. */
function Skeleton() {
  const { t } = useTranslation();
  return (
    <main className={styles.panels} data-mode="skeleton" aria-busy="true" aria-label={t("loading")}>
      <div className={styles.chart} />
      <div className={styles.book} />
      <div className={styles.form} />
      <div className={styles.tabs} />
    </main>
  );
}
