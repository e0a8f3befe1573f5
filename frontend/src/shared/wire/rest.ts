// The public calls of the page.

import { answer, api } from "./api";
import type { Candle, Interval, SymbolTerms, Ticker, Trade } from "./types";

/** Every symbol, those of one quote asset together. */
export async function fetchSymbols(): Promise<SymbolTerms[]> {
  const { symbols } = await answer(api.GET("/api/v1/symbols"));
  const order = (terms: SymbolTerms) => `${terms.quote_asset} ${terms.symbol}`;
  return symbols.sort((a, b) => order(a).localeCompare(order(b)));
}

export async function fetchTickers(): Promise<Ticker[]> {
  return (await answer(api.GET("/api/v1/statistics"))).statistics;
}

/** The newest trades of a symbol, newest first. */
export async function fetchTrades(symbol: string, limit: number): Promise<Trade[]> {
  const params = { path: { symbol }, query: { limit } };
  return (await answer(api.GET("/api/v1/executions/{symbol}", { params }))).executions;
}

/** Candles oldest first; `end` (exclusive, ms) scrolls back in time. */
export async function fetchCandles(
  symbol: string,
  interval: Interval,
  limit: number,
  end?: number,
): Promise<Candle[]> {
  const params = { path: { symbol, interval }, query: { limit, ...(end !== undefined && { end }) } };
  return (await answer(api.GET("/api/v1/klines/{symbol}/{interval}", { params }))).candles;
}
