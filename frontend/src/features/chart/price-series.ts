// The series of prices and what is drawn on it: marks of own fills, lines of own orders, the countdown.

import {
  AreaSeries,
  CandlestickSeries,
  createSeriesMarkers,
  type IChartApi,
  type ISeriesApi,
  type ISeriesMarkersPluginApi,
  LineSeries,
  type SeriesType,
  type Time,
} from "lightweight-charts";
import { grouped } from "@/shared/numbers";
import type { Candle } from "@/shared/wire/types";
import type { Kind } from "./chart-settings";
import type { ChartColours } from "./chart-style";
import type { FillMark } from "./fill-marks";
import { Countdown, type OrderLines } from "./price-labels";
import { countdown, toSeconds } from "./time-text";

export interface PriceStyle {
  kind: Kind;
  /** Decimals of a price. */
  scale: number;
  colours: ChartColours;
  /** The texts of a fill's mark. */
  texts: { buy: string; sell: string };
}

/** The smallest step of prices as the library takes it. `base` is the inverse of `minMove`, which as floats of 18
 * decimals no longer are each other's inverse. */
export function priceStep(scale: number): { type: "custom"; minMove: number; base: number } {
  return { type: "custom", minMove: 10 ** -scale, base: 10 ** scale };
}

/** Digits of a number that are its own; what comes after them a float makes up. */
const OWN_DIGITS = 15;

/** A number of the screen with the decimals of prices. */
export function priceDigits(value: number, scale: number): string {
  const leading = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)));
  const own = Math.max(0, Math.min(scale, OWN_DIGITS - 1 - leading));
  const text = value.toFixed(own);
  if (own === scale) return text;
  return (own === 0 ? `${text}.` : text) + "0".repeat(scale - own);
}

export class PriceSeries {
  private readonly countdown = new Countdown();
  private series: ISeriesApi<SeriesType>;
  private marks: ISeriesMarkersPluginApi<Time>;
  private fills: readonly FillMark[] = [];

  constructor(
    private readonly chart: IChartApi,
    private readonly orders: OrderLines,
    private style: PriceStyle,
  ) {
    [this.series, this.marks] = this.make();
  }

  /** Candles, a line or an area: another kind is another series. */
  setKind(kind: Kind, candles: readonly Candle[]): void {
    if (kind === this.style.kind) return;
    this.style = { ...this.style, kind };
    this.detach();
    this.chart.removeSeries(this.series);
    [this.series, this.marks] = this.make();
    this.setCandles(candles);
    this.drawMarks();
  }

  restyle(change: Partial<Omit<PriceStyle, "kind">>): void {
    this.style = { ...this.style, ...change };
    this.series.applyOptions(this.options());
    this.drawMarks();
  }

  setCandles(candles: readonly Candle[]): void {
    this.series.setData(candles.map((candle) => this.toPoint(candle)) as never[]);
  }

  update(candle: Candle): void {
    this.series.update(this.toPoint(candle) as never);
  }

  setFills(fills: readonly FillMark[]): void {
    this.fills = fills;
    this.drawMarks();
  }

  /** The time that is left of the newest candle, beside its price. */
  showCountdown(newest: Candle, leftMs: number): void {
    const { kind, colours } = this.style;
    const close = Number(newest.close);
    const direction = close >= Number(newest.open) ? colours.rise : colours.fall;
    const ground = kind === "candles" ? direction : colours.area;
    this.countdown.show(countdown(leftMs), close, { text: colours.ground, ground });
  }

  /** The price at a height, as a number of the screen. */
  priceAt(y: number): number | null {
    return this.series.coordinateToPrice(y);
  }

  text(value: number): string {
    return grouped(priceDigits(value, this.style.scale));
  }

  /** What goes after the chart must not ask it to draw again. */
  detach(): void {
    this.series.detachPrimitive(this.orders);
    this.series.detachPrimitive(this.countdown);
  }

  private make(): [ISeriesApi<SeriesType>, ISeriesMarkersPluginApi<Time>] {
    const definition = { candles: CandlestickSeries, line: LineSeries, area: AreaSeries }[this.style.kind];
    const options = this.options();
    const series = this.chart.addSeries(definition as never, options as never, 0) as ISeriesApi<SeriesType>;
    series.priceScale().applyOptions({ scaleMargins: { top: 0.14, bottom: 0.08 } });
    series.setSeriesOrder(0);
    series.attachPrimitive(this.orders);
    series.attachPrimitive(this.countdown);
    return [series, createSeriesMarkers(series, [])];
  }

  private options() {
    const { kind, scale } = this.style;
    const { rise, fall, area, areaTop, areaBottom } = this.style.colours;
    const formatter = (value: number) => this.text(value);
    const priceFormat = { ...priceStep(scale), formatter };
    if (kind === "line") return { color: area, lineWidth: 2, priceFormat };
    if (kind === "area")
      return { lineColor: area, topColor: areaTop, bottomColor: areaBottom, lineWidth: 2, priceFormat };
    const wicks = { wickUpColor: rise, wickDownColor: fall, borderVisible: false };
    return { upColor: rise, downColor: fall, ...wicks, priceFormat };
  }

  private toPoint(candle: Candle) {
    const time = toSeconds(candle.open_time);
    const close = Number(candle.close);
    if (this.style.kind !== "candles") return { time, value: close };
    return { time, open: Number(candle.open), high: Number(candle.high), low: Number(candle.low), close };
  }

  private drawMarks(): void {
    const { colours, texts } = this.style;
    this.marks.setMarkers(
      this.fills.map((mark) => ({
        time: toSeconds(mark.openTime),
        position: mark.side === "buy" ? "belowBar" : "aboveBar",
        shape: mark.side === "buy" ? "arrowUp" : "arrowDown",
        color: mark.side === "buy" ? colours.rise : colours.fall,
        text: texts[mark.side],
      })),
    );
  }
}
