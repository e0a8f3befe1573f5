// What the exchange says, as docs/rest.md and docs/websocket.md describe it. Decimals are strings.

import type { components } from "./schema";

export type Level = readonly [price: string, quantity: string];
export type Side = "buy" | "sell";

export type SymbolSpec = components["schemas"]["Symbol"];

export interface Execution {
  execution_id: string;
  symbol: string;
  price: string;
  quantity: string;
  /** The aggressor's side; null in an auction. */
  side: Side | null;
  timestamp: number;
}

export interface Candle {
  open_time: number;
  close_time: number;
  open: string;
  high: string;
  low: string;
  close: string;
  volume: string;
  quote_volume: string;
  trade_count: number;
  closed: boolean;
}

export interface Statistics {
  symbol: string;
  timestamp: number;
  open_price_24h: string | null;
  high_price_24h: string | null;
  low_price_24h: string | null;
  last_price: string | null;
  volume_24h: string;
  quote_volume_24h: string;
  trade_count_24h: number;
  price_change_24h: string | null;
  price_change_percent_24h: string | null;
  bid_price: string | null;
  ask_price: string | null;
}

export interface OrderBookReply {
  symbol: string;
  bids: Level[];
  asks: Level[];
  sequence: number;
  checksum: number;
}

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

export type TradePush = Push & Execution & { type: "trade" };
export type StatisticsPush = Push & Statistics & { type: "statistics" };
export type SymbolPush = Push & SymbolSpec & { type: "symbol" };
export type KlinePush = Push & { type: "kline"; candle: Candle };
export type Message = BookSnapshot | BookDelta | TradePush | StatisticsPush | SymbolPush | KlinePush;

export const INTERVALS = ["1m", "5m", "15m", "1h", "4h", "1d", "1w"] as const;
export type Interval = (typeof INTERVALS)[number];
