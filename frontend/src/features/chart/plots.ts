// Which lines and columns the chosen indicators are, over which pane.

import type { IndicatorChoice, IndicatorName } from "./chart-settings";
import { bollinger, ema, macd, rsi, sma, type Values } from "./indicators";

/** What the indicators are calculated from: one entry a candle. */
export interface Bars {
  closes: readonly number[];
  volumes: readonly number[];
  rises: readonly boolean[];
}

export type Pane = "price" | "volume" | "rsi" | "macd";
type PlotColour = "1" | "2" | "3" | "4" | "5" | "6" | "sign" | "candle";

export interface Plot {
  indicator: IndicatorName;
  /** For the legend, such as "MA 20"; empty: not named there. */
  label: string;
  pane: Pane;
  style: "line" | "faint" | "columns";
  /** A plot colour token; `sign`: by the value's sign; `candle`: by the candle's direction. */
  colour: PlotColour;
  values: Values;
}

export function plotsOf(bars: Bars, choice: IndicatorChoice): Plot[] {
  return choice.shown.flatMap((name) => PLOTS[name](bars, choice.parameters[name]));
}

const PLOTS: Record<IndicatorName, (bars: Bars, parameters: readonly number[]) => Plot[]> = {
  ma: ({ closes }, periods) =>
    periods.map((period, index) => line("ma", `MA ${period}`, "price", colourAt(index), sma(closes, period))),
  ema: ({ closes }, periods) =>
    periods.map((period, index) =>
      line("ema", `EMA ${period}`, "price", colourAt(index + 3), ema(closes, period)),
    ),
  bollinger: ({ closes }, [period = 20, width = 2]) => {
    const bands = bollinger(closes, period, width);
    const faint = (label: string, values: Values): Plot => ({
      ...line("bollinger", label, "price", "6", values),
      style: "faint",
    });
    return [faint(`BB ${period}, ${width}`, bands.middle), faint("▲", bands.upper), faint("▼", bands.lower)];
  },
  volume: ({ volumes }) => [
    {
      indicator: "volume",
      label: "",
      pane: "volume",
      style: "columns",
      colour: "candle",
      values: [...volumes],
    },
  ],
  rsi: ({ closes }, [period = 14]) => [line("rsi", `RSI ${period}`, "rsi", "5", rsi(closes, period))],
  macd: ({ closes }, [fast = 12, slow = 26, smoothing = 9]) => {
    const found = macd(closes, fast, slow, smoothing);
    return [
      { ...line("macd", "", "macd", "sign", found.histogram), style: "columns" },
      line("macd", `MACD ${fast}, ${slow}`, "macd", "1", found.macd),
      line("macd", `${smoothing}`, "macd", "2", found.signal),
    ];
  },
};

function line(indicator: IndicatorName, label: string, pane: Pane, colour: PlotColour, values: Values): Plot {
  return { indicator, label, pane, style: "line", colour, values };
}

function colourAt(index: number): PlotColour {
  return (["1", "2", "3", "4", "5", "6"] as const)[index % 6]!;
}
