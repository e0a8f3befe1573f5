import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Amount } from "@/shared/ui/Amount";
import { linePath } from "@/shared/ui/Line";
import { Time } from "@/shared/ui/Time";
import type { CurrencyPortfolio } from "./revalue";
import styles from "./ValueChart.module.css";

type Point = CurrencyPortfolio["history"][number];

const WIDTH = 600;
const HEIGHT = 200;

interface ValueChartProps {
  points: readonly Point[];
  currency: string;
  decimals: number;
}

/** Value over time. The line read by pointer or arrow keys: each point's time, value and profit. */
export function ValueChart({ points, currency, decimals }: ValueChartProps) {
  const { t } = useTranslation("portfolio");
  const [chosen, setChosen] = useState<number | null>(null);
  const [line, kept] = useMemo(() => linesOf(points), [points]);
  const last = points.length - 1;
  const index = Math.min(chosen ?? last, last);
  const point = points[index];
  if (points.length < 2 || !point) return <p className={styles.empty}>{t("noHistory")}</p>;
  const at = (index / last) * 100;
  const onMove = (event: React.PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    setChosen(Math.round(Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * last));
  };
  return (
    <div className={styles.chart}>
      <p className={styles.readout} data-testid="value-readout">
        <Time at={point.timestamp} />
        <span>
          {t("value")}{" "}
          <b>
            <Amount text={point.value} decimals={decimals} />
          </b>{" "}
          {currency}
        </span>
        <span>
          {t("profitInRange")}{" "}
          <b>
            <Amount text={point.profit} decimals={decimals} signed />
          </b>
        </span>
        <span>
          {t("keptValue")}{" "}
          <b>
            <Amount text={point.kept_value} decimals={decimals} />
          </b>
        </span>
      </p>
      <div
        className={styles.box}
        role="slider"
        tabIndex={0}
        aria-label={t("valueOverTime")}
        aria-valuemin={0}
        aria-valuemax={last}
        aria-valuenow={index}
        aria-valuetext={`${new Date(point.timestamp).toISOString().slice(0, 16)} ${point.value} ${currency}`}
        onPointerMove={onMove}
        onPointerLeave={() => setChosen(null)}
        onKeyDown={(event) => setChosen(keyed(event.key, index, last))}
      >
        <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 8}`} preserveAspectRatio="none" aria-hidden>
          <path className={styles.area} d={`${line}L${WIDTH} ${HEIGHT + 4}L0 ${HEIGHT + 4}Z`} />
          <path className={styles.kept} d={kept} vectorEffect="non-scaling-stroke" />
          <path className={styles.line} d={line} vectorEffect="non-scaling-stroke" />
        </svg>
        <Bounds points={points} decimals={decimals} />
        {chosen !== null && <i className={styles.cursor} style={{ left: `${at}%` }} />}
      </div>
      <p className={styles.axis}>
        <Time at={points[0]!.timestamp} />
        <Time at={points[last]!.timestamp} />
      </p>
    </div>
  );
}

/** The lines of the value and of what was kept, on one scale. */
function linesOf(points: readonly Point[]): [line: string, kept: string] {
  const values = points.map((point) => Number(point.value));
  const kept = points.map((point) => Number(point.kept_value));
  const both = [...values, ...kept];
  const range = [Math.min(...both), Math.max(...both)] as const;
  return [linePath(values, WIDTH, HEIGHT, range), linePath(kept, WIDTH, HEIGHT, range)];
}

/** The highest and the lowest value of either line. */
function Bounds({ points, decimals }: { points: readonly Point[]; decimals: number }) {
  const values = points.flatMap((point) => [point.value, point.kept_value]);
  const ordered = values.toSorted((a, b) => Number(a) - Number(b));
  return (
    <>
      <small className={styles.high}>
        <Amount text={ordered.at(-1)} decimals={decimals} />
      </small>
      <small className={styles.low}>
        <Amount text={ordered[0]} decimals={decimals} />
      </small>
    </>
  );
}

/** The point an arrow key leads to; nothing chosen after Escape. */
function keyed(key: string, index: number, last: number): number | null {
  if (key === "Escape") return null;
  const target = { ArrowLeft: index - 1, ArrowRight: index + 1, Home: 0, End: last }[key] ?? index;
  return Math.max(0, Math.min(last, target));
}
