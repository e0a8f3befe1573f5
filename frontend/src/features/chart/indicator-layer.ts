// The indicators' series: made when the choice changes, fed when the candles do.

import {
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type LineData,
  LineSeries,
  type UTCTimestamp,
  type WhitespaceData,
} from "lightweight-charts";
import type { IndicatorChoice } from "./chart-settings";
import type { ChartColours } from "./chart-style";
import { type Bars, type Pane, type Plot, plotsOf } from "./plots";

type Series = ISeriesApi<"Line"> | ISeriesApi<"Histogram">;
type Point = LineData<UTCTimestamp> | HistogramData<UTCTimestamp> | WhitespaceData<UTCTimestamp>;

/** A legend entry: what a plot is, and its value at one candle. */
export interface LegendEntry {
  label: string;
  colour: string;
  value: number | null;
  pane: Pane;
}

const PRICE_STRETCH = 4;

export class IndicatorLayer {
  private series: Series[] = [];
  private plots: Plot[] = [];
  private bars: Bars = { closes: [], volumes: [], rises: [] };
  private times: readonly UTCTimestamp[] = [];

  constructor(
    private readonly chart: IChartApi,
    private choice: IndicatorChoice,
    private colours: ChartColours,
    private readonly priceText: (value: number) => string,
  ) {}

  /** Another choice or other colours: all series are made anew. */
  restyle(choice: IndicatorChoice, colours: ChartColours): void {
    for (const series of this.series.reverse()) this.chart.removeSeries(series);
    this.series = [];
    this.choice = choice;
    this.colours = colours;
    this.set(this.bars, this.times);
  }

  set(bars: Bars, times: readonly UTCTimestamp[]): void {
    this.calculate(bars, times);
    this.series.forEach((series, index) =>
      series.setData(times.map((_, at) => this.point(index, at)) as never[]),
    );
  }

  /** Only the newest candle changed, or one was added. */
  update(bars: Bars, times: readonly UTCTimestamp[]): void {
    this.calculate(bars, times);
    this.series.forEach((series, index) => series.update(this.point(index, times.length - 1) as never));
  }

  legend(index: number): LegendEntry[] {
    return this.plots
      .filter((plot) => plot.label !== "")
      .map((plot) => ({
        label: plot.label,
        colour: this.colourOf(plot, index),
        value: plot.values[index] ?? null,
        pane: plot.pane,
      }));
  }

  /** Panes from the top down. */
  get panes(): Pane[] {
    return [...new Set<Pane>(["price", ...this.plots.map((plot) => plot.pane)])];
  }

  private calculate(bars: Bars, times: readonly UTCTimestamp[]): void {
    this.bars = bars;
    this.times = times;
    this.plots = plotsOf(bars, this.choice);
    if (this.series.length === this.plots.length) return;
    const panes = this.panes;
    this.series = this.plots.map((plot) => this.make(plot, panes.indexOf(plot.pane)));
    this.chart.panes().forEach((pane, index) => pane.setStretchFactor(index === 0 ? PRICE_STRETCH : 1));
  }

  private make(plot: Plot, pane: number): Series {
    const quiet = { lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false };
    const priceFormat = formatOf(plot.pane, this.priceText);
    if (plot.style === "columns")
      return this.chart.addSeries(HistogramSeries, { ...quiet, priceFormat }, pane);
    const series = this.chart.addSeries(
      LineSeries,
      { ...quiet, priceFormat, color: this.colourOf(plot, 0), lineWidth: 1 },
      pane,
    );
    if (plot.pane === "rsi") this.drawRsiBounds(series);
    return series;
  }

  private drawRsiBounds(series: ISeriesApi<"Line">): void {
    for (const price of [70, 30]) {
      series.createPriceLine({
        price,
        color: this.colours.faint,
        lineWidth: 1,
        lineStyle: 2,
        axisLabelVisible: false,
      });
    }
    series.applyOptions({
      autoscaleInfoProvider: () => ({ priceRange: { minValue: 10, maxValue: 90 } }),
    });
  }

  private point(index: number, at: number): Point {
    const plot = this.plots[index]!;
    const time = this.times[at]!;
    const value = plot.values[at] ?? null;
    if (value === null) return { time };
    return plot.style === "columns" ? { time, value, color: this.colourOf(plot, at) } : { time, value };
  }

  private colourOf(plot: Plot, at: number): string {
    if (plot.colour === "candle")
      return this.bars.rises[at] ? this.colours.riseColumn : this.colours.fallColumn;
    if (plot.colour === "sign")
      return (plot.values[at] ?? 0) >= 0 ? this.colours.riseColumn : this.colours.fallColumn;
    return this.colours.plots[Number(plot.colour) - 1]!;
  }
}

function formatOf(pane: Pane, priceText: (value: number) => string) {
  if (pane === "volume") return { type: "volume" as const };
  if (pane === "rsi") return { type: "price" as const, precision: 1, minMove: 0.1 };
  return { type: "custom" as const, formatter: priceText, minMove: 1e-8 };
}
