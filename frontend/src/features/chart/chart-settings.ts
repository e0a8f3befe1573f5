// How a person likes the chart, kept in this browser.

import { create } from "zustand";
import { persist } from "zustand/middleware";

export const KINDS = ["candles", "line", "area"] as const;
export type Kind = (typeof KINDS)[number];

export const INDICATORS = ["ma", "ema", "bollinger", "volume", "rsi", "macd"] as const;
export type IndicatorName = (typeof INDICATORS)[number];

/** Periods of each indicator; for Bollinger the period and the number of deviations. */
export type Parameters = Readonly<Record<IndicatorName, readonly number[]>>;

const DEFAULT_PARAMETERS: Parameters = {
  ma: [5, 20, 60],
  ema: [12, 26],
  bollinger: [20, 2],
  volume: [],
  rsi: [14],
  macd: [12, 26, 9],
};

export interface IndicatorChoice {
  shown: readonly IndicatorName[];
  parameters: Parameters;
}

export interface ChartSettings extends IndicatorChoice {
  kind: Kind;
  view: "chart" | "depth";
  set(change: Partial<Pick<ChartSettings, "kind" | "view">>): void;
  toggle(name: IndicatorName): void;
  /** Set one parameter; what makes no sense is ignored. */
  setParameter(name: IndicatorName, index: number, value: number): void;
  resetParameters(): void;
}

const LONGEST_PERIOD = 400;

export const useChartSettings = create<ChartSettings>()(
  persist(
    (set) => ({
      kind: "candles",
      view: "chart",
      shown: ["ma", "volume"],
      parameters: DEFAULT_PARAMETERS,
      set: (change) => set(change),
      toggle: (name) => set(({ shown }) => ({ shown: toggled(shown, name) })),
      setParameter: (name, index, value) =>
        set(({ parameters }) => ({ parameters: withParameter(parameters, name, index, value) })),
      resetParameters: () => set({ parameters: DEFAULT_PARAMETERS }),
    }),
    { name: "xtrader.chart", version: 1 },
  ),
);

/** In the order of the menu, whatever the order of the clicks. */
function toggled(shown: readonly IndicatorName[], name: IndicatorName): IndicatorName[] {
  return INDICATORS.filter((entry) => (entry === name) !== shown.includes(entry));
}

function withParameter(all: Parameters, name: IndicatorName, index: number, value: number): Parameters {
  if (!Number.isInteger(value) || value < 1 || value > LONGEST_PERIOD) return all;
  return { ...all, [name]: all[name].map((old, at) => (at === index ? value : old)) };
}
