// The public REST calls the page needs.

import type { Candle, Execution, Interval, Statistics, SymbolSpec } from "./types";

export class RequestFailed extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(`${status} ${code}`);
  }
}

async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { Accept: "application/json" } });
  if (!response.ok) {
    const body: unknown = await response.json().catch(() => ({}));
    throw new RequestFailed(response.status, String((body as { error?: string }).error ?? "UNKNOWN"));
  }
  return (await response.json()) as T;
}

/** Every symbol, those of one quote asset together. */
export async function fetchSymbols(): Promise<SymbolSpec[]> {
  const { symbols } = await get<{ symbols: SymbolSpec[] }>("/api/v1/symbols");
  const order = (spec: SymbolSpec) => `${spec.quote_asset} ${spec.symbol}`;
  return symbols.sort((a, b) => order(a).localeCompare(order(b)));
}

export async function fetchStatistics(): Promise<Statistics[]> {
  return (await get<{ statistics: Statistics[] }>("/api/v1/statistics")).statistics;
}

export async function fetchExecutions(symbol: string, limit: number): Promise<Execution[]> {
  const path = `/api/v1/executions/${encodeURIComponent(symbol)}?limit=${limit}`;
  return (await get<{ executions: Execution[] }>(path)).executions;
}

/** Candles oldest first; `end` (exclusive, ms) scrolls back in time. */
export async function fetchCandles(
  symbol: string,
  interval: Interval,
  limit: number,
  end?: number,
): Promise<Candle[]> {
  const until = end === undefined ? "" : `&end=${end}`;
  const path = `/api/v1/klines/${encodeURIComponent(symbol)}/${interval}?limit=${limit}${until}`;
  return (await get<{ candles: Candle[] }>(path)).candles;
}
