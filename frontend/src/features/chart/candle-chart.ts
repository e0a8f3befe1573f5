// The candle chart: history by REST, the current candle by WebSocket, drawn by lightweight-charts.
// The library draws with floats; they are screen coordinates here and never go anywhere else.

import {
  type CandlestickData,
  CandlestickSeries,
  ColorType,
  createChart,
  CrosshairMode,
  type HistogramData,
  HistogramSeries,
  type IChartApi,
  type ISeriesApi,
  type MouseEventParams,
  TickMarkType,
  type UTCTimestamp,
} from "lightweight-charts";
import { fixed, grouped } from "@/shared/numbers";
import { fetchCandles } from "@/shared/wire/rest";
import { socket } from "@/shared/wire/store";
import type { Candle, Interval, SymbolSpec } from "@/shared/wire/types";

const PAGE = 500;
const RETRY_MS = 3_000;

/** The candle under the crosshair, or the newest one, as text. */
export interface Readout {
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  rises: boolean;
}

export class CandleChart {
  private readonly chart: IChartApi;
  private readonly price: ISeriesApi<"Candlestick">;
  private readonly volume: ISeriesApi<"Histogram">;
  private candles: Candle[] = [];
  private reachedStart = false;
  private loading = false;
  private removed = false;
  private hovered: Candle | undefined;
  private readonly unfollow: () => void;
  private readonly rise = colour("--rise");
  private readonly fall = colour("--fall");

  constructor(
    box: HTMLElement,
    private readonly spec: SymbolSpec,
    private readonly interval: Interval,
    private readonly onReadout: (readout: Readout | null) => void,
  ) {
    this.chart = createChart(box, chartOptions());
    this.price = this.chart.addSeries(CandlestickSeries, this.priceOptions());
    this.volume = this.chart.addSeries(HistogramSeries, { priceFormat: { type: "volume" }, priceScaleId: "volume" });
    this.volume.applyOptions({ lastValueVisible: false, priceLineVisible: false });
    this.chart.priceScale("right").applyOptions({ scaleMargins: { top: 0.12, bottom: 0.24 } });
    this.chart.priceScale("volume").applyOptions({ scaleMargins: { top: 0.82, bottom: 0 } });
    this.chart.subscribeCrosshairMove((event) => this.hover(event));
    this.chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < 20) void this.loadOlder();
    });
    this.unfollow = socket.follow(`klines:${interval}`, spec.symbol, {
      onMessage: (message) => this.onCandle(message.candle as Candle),
      // After a lost connection candles may have closed unseen: fetch what is newest again.
      onStale: () => void this.load(),
    });
    void this.load();
  }

  remove(): void {
    this.removed = true;
    this.unfollow();
    this.onReadout(null);
    this.chart.remove();
  }

  private priceOptions() {
    const { rise, fall } = this;
    const minMove = 1 / 10 ** this.spec.price_scale;
    return {
      upColor: rise,
      downColor: fall,
      wickUpColor: rise,
      wickDownColor: fall,
      borderVisible: false,
      priceFormat: { type: "custom", minMove, formatter: (value: number) => this.priceText(value) } as const,
    };
  }

  private priceText(value: number): string {
    return grouped(value.toFixed(this.spec.price_scale));
  }

  /** The newest page; tried again until the exchange answers. */
  private async load(): Promise<void> {
    try {
      const found = await fetchCandles(this.spec.symbol, this.interval, PAGE);
      if (this.removed) return;
      const first = this.candles.length === 0;
      this.candles = merge(this.candles, found);
      this.draw();
      if (first) this.chart.timeScale().setVisibleLogicalRange(newest(this.candles.length));
    } catch {
      if (!this.removed) setTimeout(() => void this.load(), RETRY_MS);
    }
  }

  private async loadOlder(): Promise<void> {
    const oldest = this.candles[0];
    if (!oldest || this.loading || this.reachedStart) return;
    this.loading = true;
    try {
      const found = await fetchCandles(this.spec.symbol, this.interval, PAGE, oldest.open_time);
      const older = found.filter((candle) => candle.open_time < oldest.open_time);
      this.reachedStart = older.length === 0;
      if (this.removed || older.length === 0) return;
      this.candles = merge(older, this.candles);
      this.draw();
    } catch {
      // Scrolling again asks again.
    } finally {
      this.loading = false;
    }
  }

  private onCandle(candle: Candle): void {
    const last = this.candles.at(-1);
    if (!last || candle.open_time < last.open_time) return;
    if (candle.open_time === last.open_time) this.candles[this.candles.length - 1] = candle;
    else this.candles.push(candle);
    this.price.update(toBar(candle));
    this.volume.update(this.toColumn(candle));
    this.showReadout();
  }

  private draw(): void {
    this.price.setData(this.candles.map(toBar));
    this.volume.setData(this.candles.map((candle) => this.toColumn(candle)));
    this.showReadout();
  }

  private toColumn(candle: Candle): HistogramData<UTCTimestamp> {
    const rises = Number(candle.close) >= Number(candle.open);
    return { time: seconds(candle), value: Number(candle.volume), color: `${rises ? this.rise : this.fall}66` };
  }

  private hover(event: MouseEventParams): void {
    const at = event.time as UTCTimestamp | undefined;
    this.hovered = at === undefined ? undefined : this.candles.find((candle) => seconds(candle) === at);
    this.showReadout();
  }

  private showReadout(): void {
    const candle = this.hovered ?? this.candles.at(-1);
    if (!candle) return;
    const text = (value: string) => fixed(value, this.spec.price_scale);
    this.onReadout({
      open: text(candle.open),
      high: text(candle.high),
      low: text(candle.low),
      close: text(candle.close),
      volume: grouped(candle.volume),
      rises: Number(candle.close) >= Number(candle.open),
    });
  }
}

/** Union by open time, oldest first; where both have a candle the second one's counts. */
export function merge(first: readonly Candle[], second: readonly Candle[]): Candle[] {
  const byTime = new Map<number, Candle>();
  for (const candle of [...first, ...second]) byTime.set(candle.open_time, candle);
  return [...byTime.values()].sort((a, b) => a.open_time - b.open_time);
}

/** The last candles that fit comfortably, with some air to the right. */
function newest(count: number): { from: number; to: number } {
  return { from: Math.max(0, count - 110), to: count + 4 };
}

function seconds(candle: Candle): UTCTimestamp {
  return Math.floor(candle.open_time / 1000) as UTCTimestamp;
}

function toBar(candle: Candle): CandlestickData<UTCTimestamp> {
  return {
    time: seconds(candle),
    open: Number(candle.open),
    high: Number(candle.high),
    low: Number(candle.low),
    close: Number(candle.close),
  };
}

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

function chartOptions() {
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colour("--panel") },
      textColor: colour("--text-soft"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      attributionLogo: true,
    },
    grid: { vertLines: { color: colour("--raised") }, horzLines: { color: colour("--raised") } },
    rightPriceScale: { borderColor: colour("--line") },
    timeScale: {
      borderColor: colour("--line"),
      timeVisible: true,
      tickMarkFormatter: (time: UTCTimestamp, type: TickMarkType) => tickMark(time, type),
    },
    crosshair: { mode: CrosshairMode.Normal },
    localization: { timeFormatter: (time: UTCTimestamp) => localTime(time) },
  };
}

/** The library counts in UTC; people read their own clock. */
function localTime(time: UTCTimestamp): string {
  const options = { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false } as const;
  return new Date(time * 1000).toLocaleString(document.documentElement.lang || "en", options);
}

function tickMark(time: UTCTimestamp, type: TickMarkType): string {
  const at = new Date(time * 1000);
  const language = document.documentElement.lang || "en";
  if (type === TickMarkType.Year) return String(at.getFullYear());
  if (type === TickMarkType.Month) return at.toLocaleDateString(language, { month: "short" });
  if (type === TickMarkType.DayOfMonth) return at.toLocaleDateString(language, { month: "numeric", day: "numeric" });
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}
