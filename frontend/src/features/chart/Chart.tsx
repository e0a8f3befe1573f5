import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSettings } from "@/shared/settings";
import { onTokensChange } from "@/shared/ui/tokens";
import type { Candle, SymbolTerms } from "@/shared/wire/types";
import styles from "./Chart.module.css";
import { CandleChart, type Readout } from "./candle-chart";
import { useChartSettings } from "./chart-settings";
import { Legend } from "./Legend";
import { OrderChips } from "./OrderChips";
import { Toolbar } from "./Toolbar";
import { useOwnFills } from "./use-own-fills";

interface ChartProps {
  className?: string;
  terms: SymbolTerms;
  /** What the view "depth" shows. */
  depth: React.ReactNode;
}

/** The chart's panel: candles with indicators and own orders, or the depth of the book. */
export function Chart({ className = "", terms, depth }: ChartProps) {
  const { t } = useTranslation("chart");
  const view = useChartSettings((settings) => settings.view);
  return (
    <section className={`${styles.panel} ${className}`} aria-label={t("title")}>
      <Toolbar />
      <div className={styles.body}>
        <Candles terms={terms} hidden={view !== "chart"} />
        {view === "depth" && depth}
      </div>
    </section>
  );
}

function Candles({ terms, hidden }: { terms: SymbolTerms; hidden: boolean }) {
  const { t } = useTranslation("chart");
  const interval = useSettings((settings) => settings.interval);
  const [readout, setReadout] = useState<Readout | null>(null);
  const [candles, setCandles] = useState<readonly Candle[] | null>(null);
  const { box, chart } = useCandleChart(terms, setReadout, setCandles);
  const marks = useOwnFills(terms, candles);
  useEffect(() => chart?.setFills(marks), [chart, marks]);
  return (
    <div className={styles.area} data-hidden={hidden}>
      <div
        className={styles.canvas}
        ref={box}
        role="application"
        tabIndex={hidden ? -1 : 0}
        aria-label={t("area", { symbol: terms.symbol, interval: t(`interval.${interval}`) })}
        data-testid="chart"
        onKeyDown={(event) => chart && onKey(event, chart)}
      />
      {readout && <Legend readout={readout} marks={marks} terms={terms} />}
      {chart && !hidden && <OrderChips chart={chart} terms={terms} />}
      {candles === null && <div className={styles.notice}>{t("loading")}</div>}
      {candles?.length === 0 && <div className={styles.notice}>{t("none")}</div>}
      {readout?.scrolledBack && !hidden && (
        <button
          type="button"
          className={styles.newest}
          aria-label={t("newest")}
          title={t("newest")}
          onClick={() => chart?.reset()}
        >
          »
        </button>
      )}
    </div>
  );
}

/** One chart for the life of the panel, which takes what changes. */
function useCandleChart(
  terms: SymbolTerms,
  onReadout: (readout: Readout | null) => void,
  onCandles: (candles: readonly Candle[] | null) => void,
) {
  const { t } = useTranslation("chart");
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<CandleChart | null>(null);
  const interval = useSettings((settings) => settings.interval);
  const choice = useChartSettings();
  const texts = { buy: t("mark.buy"), sell: t("mark.sell") };
  // biome-ignore lint/correctness/useExhaustiveDependencies: later changes reach the chart by the effects below
  useEffect(() => {
    if (!box.current) return undefined;
    // The candles are a list that grows in place: readers see the change by the copy.
    const listener = { onReadout, onCandles: (candles: readonly Candle[]) => onCandles([...candles]) };
    const made = new CandleChart(box.current, terms, choice.kind, choice, texts, listener);
    setChart(made);
    return () => made.remove();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a changed status of the symbol must not redraw the chart
  useEffect(() => {
    onCandles(null);
    chart?.show(terms, interval);
  }, [chart, terms.symbol, terms.price_scale, interval]);
  useEffect(() => chart?.setKind(choice.kind), [chart, choice.kind]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the choice the indicators alone
  useEffect(() => chart?.setIndicators(choice), [chart, choice.shown, choice.parameters]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the texts change with the language
  useEffect(() => onTokensChange(() => chart?.restyle(interval, texts)), [chart, interval, texts.buy]);
  return { box, chart };
}

const ZOOM = 0.8;

function onKey(event: React.KeyboardEvent, chart: CandleChart): void {
  const actions: Record<string, () => void> = {
    ArrowLeft: () => chart.scroll(-5),
    ArrowRight: () => chart.scroll(5),
    "+": () => chart.zoom(ZOOM),
    "=": () => chart.zoom(ZOOM),
    "-": () => chart.zoom(1 / ZOOM),
    Home: () => chart.reset(),
  };
  const act = actions[event.key];
  if (!act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}
