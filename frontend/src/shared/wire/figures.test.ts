import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Line } from "./test-line";
import type { Ticker } from "./types";

const SYMBOLS = Array.from({ length: 1_000 }, (_, index) => `S${index}-KRW`);
const fetchTickers = vi.fn<() => Promise<Ticker[]>>();

vi.mock("./rest", () => ({ fetchTickers: () => fetchTickers(), fetchTrades: async () => [] }));

function row(symbol: string, price: string): Ticker {
  return { symbol, last_price: price } as Ticker;
}

function message(type: string, sequence: number, previous: number | null, statistics: Ticker[], more = {}) {
  return { type, channel: "statistics:all", sequence, prev_sequence: previous, statistics, ...more };
}

async function listed() {
  const { socket } = await import("./connection");
  const { ALL, figures } = await import("./market-store");
  const seen = { prices: new Map<string, string | null>() };
  const stop = figures.join(ALL, (source) => {
    seen.prices = new Map([...source.of(SYMBOLS)].map(([symbol, { last_price }]) => [symbol, last_price]));
  });
  socket.start();
  const line = Line.lines.at(-1)!;
  line.greet();
  await vi.advanceTimersByTimeAsync(0);
  return { line, seen, socket, stop, join: (reader: () => void) => figures.join(ALL, reader) };
}

beforeEach(() => {
  Line.lines = [];
  vi.resetModules();
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  vi.stubGlobal("location", { protocol: "http:", host: "exchange" });
  fetchTickers.mockReset().mockResolvedValue([]);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("brings a thousand symbols by one subscription, however many lists show them", async () => {
  const { line, seen, join, stop } = await listed();
  join(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(line.subscriptions().map(({ channels, symbols }) => ({ channels, symbols }))).toEqual([
    { channels: ["statistics:all"], symbols: undefined },
  ]);
  line.reply(line.subscriptions()[0]!);
  const all = SYMBOLS.map((symbol) => row(symbol, "1"));
  line.message(message("statistics_snapshot", 5, null, all.slice(0, 600), { part: 1, parts: 2 }));
  expect(seen.prices.size).toBe(0);
  line.message(message("statistics_snapshot", 5, 5, all.slice(600), { part: 2, parts: 2 }));
  expect(seen.prices.size).toBe(1_000);
  line.message(message("statistics_update", 9, 5, [row("S7-KRW", "2")]));
  expect(seen.prices.get("S7-KRW")).toBe("2");
  expect(seen.prices.get("S8-KRW")).toBe("1");
  await vi.advanceTimersByTimeAsync(20_000);
  expect(fetchTickers).toHaveBeenCalledTimes(1);
  stop();
});

it("says that the figures do not come, and reads them meanwhile", async () => {
  const { line, seen, socket, stop } = await listed();
  line.reply(line.subscriptions()[0]!, { ok: false, error: "TOO_MANY_SUBSCRIPTIONS", status: 429 });
  await vi.advanceTimersByTimeAsync(0);
  const again = line.subscriptions().slice(1);
  for (const request of again) line.reply(request, { ok: false, error: "ENGINE_UNAVAILABLE", status: 503 });
  expect(socket.status.refusal).not.toBeNull();
  fetchTickers.mockResolvedValue([row("S3-KRW", "33")]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen.prices.get("S3-KRW")).toBe("33");
  stop();
});
