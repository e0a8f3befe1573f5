// The candles of one symbol and interval: history by REST, the current one by WebSocket, without holes.

import { socket } from "@/shared/wire/connection";
import { fetchCandles } from "@/shared/wire/rest";
import type { Candle, Interval } from "@/shared/wire/types";
import { joins, merge } from "./candle-list";
import { INTERVAL_MS } from "./time-text";

const PAGE = 500;
const RETRY_MS = 3_000;

export interface CandleReader {
  /** Everything may have changed. `added` candles were put before those known. */
  onCandles(candles: readonly Candle[], added: number): void;
  /** The newest candle changed, or a new one began. */
  onNewest(candles: readonly Candle[]): void;
}

export class CandleFeed {
  private candles: Candle[] = [];
  private loaded = false;
  private reachedStart = false;
  private loadingOlder = false;
  private loadingNewest = false;
  private stopped = false;
  /** How far the exchange's clock is ahead of ours, in milliseconds. */
  private aheadMs = 0;
  private readonly unfollow: () => void;

  constructor(
    private readonly symbol: string,
    private readonly interval: Interval,
    private readonly reader: CandleReader,
  ) {
    this.unfollow = socket.follow(`klines:${interval}`, symbol, {
      onMessage: (message) => {
        this.aheadMs = message.timestamp - Date.now();
        // A topic that starts anew may have closed candles unseen.
        if (message.prev_sequence === null && this.loaded) void this.loadNewest();
        if (message.type === "kline") this.take(message.candle);
      },
    });
    void this.loadNewest();
  }

  stop(): void {
    this.stopped = true;
    this.unfollow();
  }

  /** Milliseconds until the current candle closes. */
  get leftMs(): number {
    const last = this.candles.at(-1);
    return last ? last.open_time + INTERVAL_MS[this.interval] - (Date.now() + this.aheadMs) : 0;
  }

  /** The page before the oldest known candle. */
  async loadOlder(): Promise<void> {
    const oldest = this.candles[0];
    if (!oldest || this.loadingOlder || this.reachedStart) return;
    this.loadingOlder = true;
    try {
      const found = await fetchCandles(this.symbol, this.interval, PAGE, oldest.open_time);
      const older = found.filter((candle) => candle.open_time < oldest.open_time);
      this.reachedStart = older.length === 0;
      if (this.stopped || older.length === 0) return;
      this.candles = merge(older, this.candles);
      this.reader.onCandles(this.candles, older.length);
    } catch {
      // Scrolling again asks again.
    } finally {
      this.loadingOlder = false;
    }
  }

  /** The newest page; tried again until the exchange answers. */
  private async loadNewest(): Promise<void> {
    if (this.loadingNewest) return;
    this.loadingNewest = true;
    try {
      const found = await fetchCandles(this.symbol, this.interval, PAGE);
      if (this.stopped) return;
      if (!joins(this.candles, found)) {
        this.candles = [];
        this.reachedStart = false;
      }
      this.candles = merge(this.candles, found);
      this.loaded = true;
      this.reader.onCandles(this.candles, 0);
    } catch {
      if (!this.stopped) setTimeout(() => void this.loadNewest(), RETRY_MS);
    } finally {
      this.loadingNewest = false;
    }
  }

  private take(candle: Candle): void {
    const last = this.candles.at(-1);
    if (!this.loaded || (last && candle.open_time < last.open_time)) return;
    if (last && candle.open_time > last.open_time + INTERVAL_MS[this.interval]) void this.loadNewest();
    if (last?.open_time === candle.open_time) this.candles[this.candles.length - 1] = candle;
    else this.candles.push(candle);
    this.reader.onNewest(this.candles);
  }
}
