import { memo } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped, signOf } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import type { Readout } from "./candle-chart";
import styles from "./Chart.module.css";
import type { FillMark } from "./fill-marks";
import type { LegendEntry } from "./indicator-layer";
import type { Pane } from "./plots";
import { changeOf } from "./readout";

const PARTS = ["open", "high", "low", "close"] as const;

/** What the candle under the crosshair says, over each pane. */
export const Legend = memo(function Legend(props: { readout: Readout; marks: readonly FillMark[]; spec: SymbolSpec }) {
  const { readout, marks, spec } = props;
  const own = marks.filter((mark) => mark.openTime === readout.candle.open_time);
  return readout.paneTops.map(({ pane, top }) => (
    <div key={pane} className={styles.legend} style={{ top: top + 5 }}>
      {pane === "price" && <CandleLine readout={readout} spec={spec} />}
      {pane === "price" && own.length > 0 && <FillLine marks={own} spec={spec} />}
      {pane === "volume" && <VolumeLine readout={readout} />}
      <Entries entries={readout.legend.filter((entry) => entry.pane === pane)} pane={pane} spec={spec} />
    </div>
  ));
});

function CandleLine({ readout: { candle, previous }, spec }: { readout: Readout; spec: SymbolSpec }) {
  const { t } = useTranslation("chart");
  const { by, percent } = changeOf(candle, previous, spec.price_scale);
  const sign = signOf(by);
  const colour = sign > 0 ? "rise" : sign < 0 ? "fall" : "";
  const plus = sign > 0 ? "+" : "";
  return (
    <div data-testid="readout">
      {PARTS.map((part) => (
        <span key={part}>
          <abbr title={t(`fullNames.${part}`)}>{t(part)}</abbr> <b className={colour}>{fixed(candle[part], spec.price_scale)}</b>
        </span>
      ))}
      <span className={colour}>
        {plus}
        {grouped(by)} ({plus}
        {percent}%)
      </span>
    </div>
  );
}

function FillLine({ marks, spec }: { marks: readonly FillMark[]; spec: SymbolSpec }) {
  const { t } = useTranslation("chart");
  return (
    <div>
      {marks.map((mark) => (
        <span key={mark.side} className={mark.side === "buy" ? "rise" : "fall"}>
          {t(`fills.${mark.side}`, {
            quantity: `${trimmed(grouped(mark.quantity))} ${spec.base_asset}`,
            price: fixed(mark.averagePrice, spec.price_scale),
          })}
        </span>
      ))}
    </div>
  );
}

function VolumeLine({ readout: { candle } }: { readout: Readout }) {
  const { t } = useTranslation("chart");
  return (
    <div>
      <span>
        <abbr title={t("fullNames.volume")}>{t("volume")}</abbr> <b>{grouped(candle.volume)}</b>
      </span>
    </div>
  );
}

function Entries({ entries, pane, spec }: { entries: LegendEntry[]; pane: Pane; spec: SymbolSpec }) {
  if (entries.length === 0) return null;
  const decimals = pane === "price" ? spec.price_scale : pane === "macd" ? Math.max(2, spec.price_scale) : 1;
  return (
    <div>
      {entries.map((entry, index) => (
        <span key={`${entry.label} ${index}`} style={{ color: entry.colour }}>
          {entry.label} <b>{entry.value === null ? "–" : grouped(entry.value.toFixed(decimals))}</b>
        </span>
      ))}
    </div>
  );
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
