import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { Panel } from "@/shared/ui/Panel";
import { type Interval, INTERVALS, type SymbolSpec } from "@/shared/wire/types";
import { CandleChart, type Readout } from "./candle-chart";
import styles from "./Chart.module.css";

const STORAGE_KEY = "xtrader.interval";

function initialInterval(): Interval {
  const stored = localStorage.getItem(STORAGE_KEY);
  return INTERVALS.find((interval) => interval === stored) ?? "15m";
}

export function Chart({ className, spec }: { className: string; spec: SymbolSpec }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const [interval, setChosen] = useState<Interval>(initialInterval);
  const [readout, setReadout] = useState<Readout | null>(null);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => localStorage.setItem(STORAGE_KEY, interval), [interval]);
  useEffect(() => {
    if (!box.current) return undefined;
    const chart = new CandleChart(box.current, spec, interval, setReadout);
    return () => chart.remove();
    // The colours follow the language; a changed status of the symbol must not redraw the chart.
  }, [spec.symbol, spec.price_scale, interval, language]);
  return (
    <Panel title={t("chart")} className={className} controls={<Intervals chosen={interval} onChoose={setChosen} />}>
      <div className={styles.area}>
        {readout && <ReadoutLine readout={readout} />}
        <div className={styles.canvas} ref={box} data-testid="chart" />
      </div>
    </Panel>
  );
}

function Intervals({ chosen, onChoose }: { chosen: Interval; onChoose: (interval: Interval) => void }) {
  return (
    <div className={styles.intervals}>
      {INTERVALS.map((interval) => (
        <button key={interval} aria-pressed={interval === chosen} onClick={() => onChoose(interval)}>
          {interval}
        </button>
      ))}
    </div>
  );
}

function ReadoutLine({ readout }: { readout: Readout }) {
  const colour = readout.rises ? "rise" : "fall";
  return (
    <div className={styles.readout}>
      {(["open", "high", "low", "close"] as const).map((name) => (
        <span key={name}>
          {name[0]!.toUpperCase()} <b className={colour}>{readout[name]}</b>
        </span>
      ))}
      <span>
        V <b>{readout.volume}</b>
      </span>
    </div>
  );
}
