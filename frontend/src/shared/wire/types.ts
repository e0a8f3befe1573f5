// The messages of the exchange, as docs/rest.md and docs/websocket.md describe it. Decimals are strings.

import type { components } from "./schema";

export type Level = readonly [price: string, quantity: string];
export type Side = "buy" | "sell";

export type SymbolTerms = components["schemas"]["Symbol"];
/** A public trade; the wire's "execution". `side` is the aggressor's; null in an auction. */
export type Trade = components["schemas"]["Execution"];
/** The wire's "kline". */
export type Candle = components["schemas"]["Candle"];
/** The figures of the last 24 hours; the wire's "statistics". */
export type Ticker = components["schemas"]["Statistics"];

interface Push {
  channel: string;
  symbol: string;
  sequence: number;
  prev_sequence: number | null;
  timestamp: number;
}

export interface BookSnapshot extends Push {
  type: "book_snapshot";
  bids: Level[];
  asks: Level[];
  checksum: number;
}

export interface BookDelta extends Push {
  type: "book_delta";
  bids: Level[];
  asks: Level[];
  checksum: number;
}

type TradePush = Push & Trade & { type: "trade" };
type TickerPush = Push & Ticker & { type: "statistics" };
export type SymbolPush = Push & SymbolTerms & { type: "symbol" };
type CandlePush = Push & { type: "kline"; candle: Candle };
export type Message = BookSnapshot | BookDelta | TradePush | TickerPush | SymbolPush | CandlePush;

export const INTERVALS = ["1m", "5m", "15m", "30m", "1h", "4h", "1d", "1w"] as const;
export type Interval = (typeof INTERVALS)[number];
