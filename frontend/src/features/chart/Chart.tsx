import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { DepthChart } from "@/features/depth/DepthChart";
import { useSettings } from "@/shared/settings/settings";
import { onTokensChange } from "@/shared/ui/tokens";
import type { Candle, SymbolSpec } from "@/shared/wire/types";
import { CandleChart, type Readout } from "./candle-chart";
import styles from "./Chart.module.css";
import { useChartSettings } from "./chart-settings";
import { Legend } from "./Legend";
import { OrderChips } from "./OrderChips";
import { Toolbar } from "./Toolbar";
import { useOwnFills } from "./use-own-fills";

/** The chart's panel: candles with indicators and own orders, or the depth of the book. */
export function Chart({ className = "", spec }: { className?: string; spec: SymbolSpec }) {
  const { t } = useTranslation("chart");
  const view = useChartSettings((settings) => settings.view);
  return (
    <section className={`${styles.panel} ${className}`} aria-label={t("title")}>
      <Toolbar />
      <div className={styles.body}>
        <Candles spec={spec} hidden={view !== "chart"} />
        {view === "depth" && <DepthChart spec={spec} />}
      </div>
    </section>
  );
}

function Candles({ spec, hidden }: { spec: SymbolSpec; hidden: boolean }) {
  const { t } = useTranslation("chart");
  const interval = useSettings((settings) => settings.interval);
  const [readout, setReadout] = useState<Readout | null>(null);
  const [candles, setCandles] = useState<readonly Candle[] | null>(null);
  const { box, chart } = useCandleChart(spec, setReadout, setCandles);
  const marks = useOwnFills(spec, candles);
  useEffect(() => chart?.setFills(marks), [chart, marks]);
  return (
    <div className={styles.area} data-hidden={hidden}>
      <div
        className={styles.canvas}
        ref={box}
        role="application"
        tabIndex={hidden ? -1 : 0}
        aria-label={t("area", { symbol: spec.symbol, interval: t(`interval.${interval}`) })}
        data-testid="chart"
        onKeyDown={(event) => chart && onKey(event, chart)}
      />
      {readout && <Legend readout={readout} marks={marks} spec={spec} />}
      {chart && !hidden && <OrderChips chart={chart} spec={spec} />}
      {candles === null && <div className={styles.notice}>{t("loading")}</div>}
      {candles?.length === 0 && <div className={styles.notice}>{t("none")}</div>}
      {readout?.scrolledBack && !hidden && (
        <button type="button" className={styles.newest} aria-label={t("newest")} title={t("newest")} onClick={() => chart?.reset()}>
          »
        </button>
      )}
    </div>
  );
}

/** One chart for the life of the panel: what changes is told to it. */
function useCandleChart(
  spec: SymbolSpec,
  onReadout: (readout: Readout | null) => void,
  onCandles: (candles: readonly Candle[] | null) => void,
) {
  const { t } = useTranslation("chart");
  const box = useRef<HTMLDivElement>(null);
  const [chart, setChart] = useState<CandleChart | null>(null);
  const interval = useSettings((settings) => settings.interval);
  const choice = useChartSettings();
  const words = { buy: t("mark.buy"), sell: t("mark.sell") };
  useEffect(() => {
    if (!box.current) return undefined;
    // The candles are a list that grows in place: a copy tells its readers that it did.
    const listener = { onReadout, onCandles: (candles: readonly Candle[]) => onCandles([...candles]) };
    const made = new CandleChart(box.current, spec, choice.kind, choice, words, listener);
    setChart(made);
    return () => made.remove();
    // Later changes are told below.
  }, []);
  useEffect(() => {
    onCandles(null);
    chart?.show(spec, interval);
    // A changed status of the symbol must not redraw the chart.
  }, [chart, spec.symbol, spec.price_scale, interval]);
  useEffect(() => chart?.setKind(choice.kind), [chart, choice.kind]);
  useEffect(() => chart?.setIndicators(choice), [chart, choice.shown, choice.parameters]);
  useEffect(() => onTokensChange(() => chart?.restyle(interval, words)), [chart, interval, words.buy]);
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
