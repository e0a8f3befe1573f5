// The chart as the library draws it. The library draws with floats; they are screen coordinates here and
// never go anywhere else.

import { createChart, type IChartApi, type MouseEventParams, type UTCTimestamp } from "lightweight-charts";
import type { Candle, Interval, SymbolTerms } from "@/shared/wire/types";
import { CandleFeed, type CandleReader } from "./candles";
import type { IndicatorChoice, Kind } from "./chart-settings";
import { type ChartColours, chartColours, chartOptions, timeOptions } from "./chart-style";
import type { FillMark } from "./fill-marks";
import { IndicatorLayer, type LegendEntry } from "./indicator-layer";
import type { Bars, Pane } from "./plots";
import { OrderLines } from "./price-labels";
import { PriceSeries } from "./price-series";
import { toSeconds } from "./time-text";

const LOAD_BEFORE = 40;
const FIRST_BARS = 110;
const SECOND_MS = 1_000;
/** The newest candle is drawn no more often than this; moving about the chart, every frame. */
const NEWEST_PAUSE_MS = 50;

/** The candle under the crosshair, or the newest one. */
export interface Readout {
  candle: Candle;
  previous: Candle | undefined;
  legend: LegendEntry[];
  /** Where each pane begins, in pixels from the top. */
  paneTops: { pane: Pane; top: number }[];
  /** Whether the newest candle is out of sight. */
  scrolledBack: boolean;
}

export interface ChartListener {
  onReadout(readout: Readout | null): void;
  onCandles(candles: readonly Candle[]): void;
}

export class CandleChart implements CandleReader {
  readonly orders: OrderLines;
  private readonly chart: IChartApi;
  private readonly indicators: IndicatorLayer;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly price: PriceSeries;
  private colours: ChartColours;
  private feed: CandleFeed | null = null;
  private candles: readonly Candle[] = [];
  private times: UTCTimestamp[] = [];
  private bars = { closes: [] as number[], volumes: [] as number[], rises: [] as boolean[] } satisfies Bars;
  private hovered: number | null = null;
  private frame = 0;
  private later: ReturnType<typeof setTimeout> | undefined;
  private changed = false;
  private drawnAt = -Infinity;

  constructor(
    private readonly box: HTMLElement,
    terms: SymbolTerms,
    kind: Kind,
    private choice: IndicatorChoice,
    texts: { buy: string; sell: string },
    private readonly listener: ChartListener,
  ) {
    this.colours = chartColours(box);
    this.chart = createChart(box, chartOptions(this.colours));
    this.orders = new OrderLines(
      () => ({ width: this.chart.timeScale().width(), height: this.chart.panes()[0]?.getHeight() ?? 0 }),
      () => this.colours.ground,
      () => (this.candles.length === 0 ? null : Number(this.candles.at(-1)!.close)),
    );
    this.indicators = new IndicatorLayer(this.chart, choice, this.colours, (value) => this.price.text(value));
    const style = { kind, scale: terms.price_scale, colours: this.colours, texts };
    this.price = new PriceSeries(this.chart, this.orders, style);
    this.chart.subscribeCrosshairMove((event) => this.hover(event));
    this.chart.subscribeDblClick(() => this.reset());
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < LOAD_BEFORE) void this.feed?.loadOlder();
      this.showSoon(false);
    });
    this.timer = setInterval(() => this.tickCountdown(), SECOND_MS);
  }

  remove(): void {
    clearInterval(this.timer);
    clearTimeout(this.later);
    cancelAnimationFrame(this.frame);
    this.feed?.stop();
    this.price.detach();
    this.chart.remove();
  }

  /** Show a symbol and interval; what was on show stays until its candles are here. */
  show(terms: SymbolTerms, interval: Interval): void {
    this.feed?.stop();
    this.hovered = null;
    this.candles = [];
    this.listener.onReadout(null);
    this.price.restyle({ scale: terms.price_scale });
    this.chart.applyOptions(timeOptions(interval, document.documentElement.lang || "en"));
    this.feed = new CandleFeed(terms.symbol, interval, this);
  }

  setKind(kind: Kind): void {
    this.price.setKind(kind, this.candles);
  }

  setIndicators(choice: IndicatorChoice): void {
    if (choice === this.choice) return;
    this.choice = choice;
    this.indicators.restyle(choice, this.colours);
    this.showSoon(false);
  }

  setFills(marks: readonly FillMark[]): void {
    this.price.setFills(marks);
  }

  /** Theme, palette or language changed. */
  restyle(interval: Interval, texts: { buy: string; sell: string }): void {
    this.colours = chartColours(this.box);
    this.chart.applyOptions(chartOptions(this.colours));
    this.chart.applyOptions(timeOptions(interval, document.documentElement.lang || "en"));
    this.price.restyle({ colours: this.colours, texts });
    this.indicators.restyle(this.choice, this.colours);
    this.showSoon(false);
  }

  /** The newest candles in view, the price scale fitting them. */
  reset(): void {
    this.chart
      .timeScale()
      .setVisibleLogicalRange({ from: this.candles.length - FIRST_BARS, to: this.candles.length + 6 });
    this.chart.priceScale("right").applyOptions({ autoScale: true });
  }

  /** Move the view by candles; negative: back in time. */
  scroll(candles: number): void {
    const scale = this.chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + candles, false);
  }

  zoom(factor: number): void {
    const scale = this.chart.timeScale();
    const range = scale.getVisibleLogicalRange();
    if (range)
      scale.setVisibleLogicalRange({ from: range.to - (range.to - range.from) * factor, to: range.to });
  }

  /** The price at a height of the price pane, as a number of the screen. */
  priceAt(y: number): number | null {
    return this.price.priceAt(y);
  }

  colourOfSide(side: "buy" | "sell"): string {
    return side === "buy" ? this.colours.rise : this.colours.fall;
  }

  // --- candles ---------------------------------------------------------------------------------------

  onCandles(candles: readonly Candle[], added: number): void {
    const first = this.candles.length === 0;
    const range = this.chart.timeScale().getVisibleLogicalRange();
    this.candles = candles;
    this.fillArrays(0);
    this.price.setCandles(candles);
    this.indicators.set(this.bars, this.times);
    // The same candles stay in view when older ones come before them.
    if (first) this.reset();
    else if (added > 0 && range) {
      this.chart.timeScale().setVisibleLogicalRange({ from: range.from + added, to: range.to + added });
    }
    this.listener.onCandles(candles);
    this.tickCountdown();
    this.showSoon(false);
  }

  onNewest(candles: readonly Candle[]): void {
    const isNew = candles.length !== this.times.length;
    this.candles = candles;
    if (isNew) this.draw();
    this.drawNewestSoon();
    if (isNew) this.listener.onCandles(candles);
  }

  /** At most once a frame, however many messages come. */
  private showSoon(changed: boolean): void {
    this.changed ||= changed;
    if (this.frame !== 0) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.changed) this.draw();
      this.changed = false;
      this.showReadout();
    });
  }

  private drawNewestSoon(): void {
    const waitMs = this.drawnAt + NEWEST_PAUSE_MS - performance.now();
    if (waitMs <= 0) this.showSoon(true);
    else
      this.later ??= setTimeout(() => {
        this.later = undefined;
        this.showSoon(true);
      }, waitMs);
  }

  private draw(): void {
    this.drawnAt = performance.now();
    const last = this.candles.length - 1;
    // A new candle may come together with the final state of the one before it.
    for (let index = Math.max(0, Math.min(last, this.times.length - 1)); index <= last; index += 1) {
      this.fillArrays(index, index + 1);
      this.price.update(this.candles[index]!);
      this.indicators.update(this.bars, this.times);
    }
    this.tickCountdown();
  }

  private fillArrays(from: number, to = this.candles.length): void {
    if (from === 0 && to === this.candles.length) {
      this.times = [];
      this.bars = { closes: [], volumes: [], rises: [] };
    }
    for (let index = from; index < to; index += 1) {
      const candle = this.candles[index]!;
      this.times[index] = toSeconds(candle.open_time);
      this.bars.closes[index] = Number(candle.close);
      this.bars.volumes[index] = Number(candle.volume);
      this.bars.rises[index] = Number(candle.close) >= Number(candle.open);
    }
  }

  private tickCountdown(): void {
    const newest = this.candles.at(-1);
    if (newest && this.feed) this.price.showCountdown(newest, this.feed.leftMs);
  }

  // --- the read-out ----------------------------------------------------------------------------------

  private hover(event: MouseEventParams): void {
    const index = event.time === undefined || event.logical === undefined ? null : Math.round(event.logical);
    if (index === this.hovered) return;
    this.hovered = index;
    this.showSoon(false);
  }

  private showReadout(): void {
    const newest = this.candles.length - 1;
    const index = this.hovered !== null && this.candles[this.hovered] ? this.hovered : newest;
    const candle = this.candles[index];
    if (!candle) return;
    this.listener.onReadout({
      candle,
      previous: this.candles[index - 1],
      legend: this.indicators.legend(index),
      paneTops: this.paneTops(),
      scrolledBack: this.chart.timeScale().scrollPosition() < -2,
    });
  }

  private paneTops(): { pane: Pane; top: number }[] {
    let top = 0;
    return this.chart.panes().map((entry, index) => {
      const found = { pane: this.indicators.panes[index] ?? "price", top };
      top += entry.getHeight() + 1;
      return found;
    });
  }
}
