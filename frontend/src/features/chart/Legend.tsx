import { memo } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped, signOf, trimZeros } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Chart.module.css";
import type { Readout } from "./candle-chart";
import type { FillMark } from "./fill-marks";
import type { LegendEntry } from "./indicator-layer";
import type { Pane } from "./plots";
import { changeOf } from "./readout";

const PARTS = ["open", "high", "low", "close"] as const;

/** The figures of the candle under the crosshair, over each pane. */
export const Legend = memo(function Legend(props: {
  readout: Readout;
  marks: readonly FillMark[];
  terms: SymbolTerms;
}) {
  const { readout, marks, terms } = props;
  const own = marks.filter((mark) => mark.openTime === readout.candle.open_time);
  return readout.paneTops.map(({ pane, top }) => (
    <div key={pane} className={styles.legend} style={{ top: top + 5 }}>
      {pane === "price" && <CandleLine readout={readout} terms={terms} />}
      {pane === "price" && own.length > 0 && <FillLine marks={own} terms={terms} />}
      {pane === "volume" && <VolumeLine readout={readout} />}
      <Entries entries={readout.legend.filter((entry) => entry.pane === pane)} pane={pane} terms={terms} />
    </div>
  ));
});

function CandleLine({ readout: { candle, previous }, terms }: { readout: Readout; terms: SymbolTerms }) {
  const { t } = useTranslation("chart");
  const { by, percent } = changeOf(candle, previous, terms.price_scale);
  const sign = signOf(by);
  const colour = sign > 0 ? "rise" : sign < 0 ? "fall" : "";
  const plus = sign > 0 ? "+" : "";
  return (
    <div data-testid="readout">
      {PARTS.map((part) => (
        <span key={part}>
          <abbr title={t(`fullNames.${part}`)}>{t(part)}</abbr>{" "}
          <b className={colour}>{fixed(candle[part], terms.price_scale)}</b>
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

function FillLine({ marks, terms }: { marks: readonly FillMark[]; terms: SymbolTerms }) {
  const { t } = useTranslation("chart");
  return (
    <div>
      {marks.map((mark) => (
        <span key={mark.side} className={mark.side === "buy" ? "rise" : "fall"}>
          {t(`fills.${mark.side}`, {
            quantity: `${trimZeros(grouped(mark.quantity))} ${terms.base_asset}`,
            price: fixed(mark.averagePrice, terms.price_scale),
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

function Entries({ entries, pane, terms }: { entries: LegendEntry[]; pane: Pane; terms: SymbolTerms }) {
  if (entries.length === 0) return null;
  const decimals =
    pane === "price" ? terms.price_scale : pane === "macd" ? Math.max(2, terms.price_scale) : 1;
  return (
    <div>
      {entries.map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: two lines may have one label
        <span key={`${entry.label} ${index}`} style={{ color: entry.colour }}>
          {entry.label} <b>{entry.value === null ? "–" : grouped(entry.value.toFixed(decimals))}</b>
        </span>
      ))}
    </div>
  );
}
