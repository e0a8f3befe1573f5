import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ExchangeSocket } from "./socket";
import { Line } from "./test-line";
import { NAMES_A_REQUEST } from "./topic-requests";
import { MOST_TOPICS } from "./topics";

const SYMBOLS = Array.from({ length: 1_000 }, (_, index) => `S${index}-KRW`);
const NOTHING = { onMessage: () => undefined };

beforeEach(() => {
  Line.lines = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function begun(): ExchangeSocket {
  const socket = new ExchangeSocket("ws://exchange/ws");
  socket.start();
  return socket;
}

function namesOf(request: Record<string, unknown>): string[] {
  return (request.symbols as string[] | undefined) ?? [];
}

/** An exchange that keeps to its limits: what it carries, and its answers to everything sent so far. */
class Exchange {
  readonly carried = new Set<string>();
  private seen = 0;

  constructor(
    readonly line: Line,
    private readonly most = MOST_TOPICS,
    private readonly unknown = new Set<string>(),
  ) {}

  answer(): string[] {
    const refused: string[] = [];
    while (this.seen < this.line.sent.length) {
      const request = this.line.sent[this.seen++]!;
      const error = this.errorOf(request);
      if (error === null) this.line.reply(request);
      else {
        refused.push(error);
        const details = error === "TOO_MANY_SUBSCRIPTIONS" ? { maximum: this.most } : {};
        this.line.reply(request, { ok: false, error, status: 400, details });
      }
    }
    return refused;
  }

  private errorOf(request: Record<string, unknown>): string | null {
    const [channel] = (request.channels ?? []) as string[];
    const keys = namesOf(request).map((symbol) => `${channel} ${symbol}`);
    if (namesOf(request).length > NAMES_A_REQUEST) return "INVALID_FIELD";
    if (request.op === "unsubscribe") keys.forEach((key) => this.carried.delete(key));
    if (request.op !== "subscribe") return null;
    if (namesOf(request).some((symbol) => this.unknown.has(symbol))) return "SYMBOL_NOT_FOUND";
    if (new Set([...this.carried, ...keys]).size > this.most) return "TOO_MANY_SUBSCRIPTIONS";
    keys.forEach((key) => this.carried.add(key));
    return null;
  }
}

/** Answers until nothing more is asked. */
async function settle(exchange: Exchange): Promise<string[]> {
  const refused: string[] = [];
  for (let round = 0; round < 30; round += 1) {
    await Promise.resolve();
    refused.push(...exchange.answer());
  }
  return refused;
}

describe("1,000 symbols", () => {
  const followAll = (socket: ExchangeSocket, channel: string) =>
    SYMBOLS.map((symbol) => socket.follow(channel, symbol, NOTHING, { listed: true }));

  it("are asked for in pieces, within the topics of a connection, and again after it was lost (attack B5)", async () => {
    const socket = begun();
    for (const channel of ["symbols", "statistics", "klines:15m"]) followAll(socket, channel);
    socket.follow("book", "S7-KRW", NOTHING);
    for (let connection = 0; connection < 3; connection += 1) {
      const line = Line.lines.at(-1)!;
      line.greet();
      const exchange = new Exchange(line);
      expect(await settle(exchange)).toEqual([]);
      expect(exchange.carried).toContain("book S7-KRW");
      expect(exchange.carried).toContain("statistics S0-KRW");
      expect(exchange.carried.size).toBeGreaterThan(400);
      expect(exchange.carried.size).toBeLessThanOrEqual(MOST_TOPICS);
      expect(line.subscriptions().length).toBeLessThan(20);
      expect(socket.status).toMatchObject({ state: "live", refusal: null });
      line.close();
      await vi.advanceTimersByTimeAsync(10_000);
    }
  });

  it("leave room for the market on show, and those that wait are known", async () => {
    const socket = begun();
    followAll(socket, "statistics");
    const exchange = new Exchange(Line.lines.at(-1)!);
    exchange.line.greet();
    await settle(exchange);
    const own = ["book", "trades", "symbols", "statistics", "klines:1m"];
    const stops = own.map((channel) => socket.follow(channel, "S999-KRW", NOTHING));
    expect(await settle(exchange)).toEqual([]);
    for (const channel of own) expect(exchange.carried).toContain(`${channel} S999-KRW`);
    expect(socket.carries("statistics", "S999-KRW")).toBe(true);
    expect(socket.carries("statistics", "S998-KRW")).toBe(false);
    stops.forEach((stop) => stop());
    await settle(exchange);
    expect(exchange.carried).not.toContain("book S999-KRW");
  });

  it("another list takes the room that one leaves", async () => {
    const socket = begun();
    const stops = followAll(socket, "statistics");
    const exchange = new Exchange(Line.lines.at(-1)!);
    exchange.line.greet();
    await settle(exchange);
    stops.forEach((stop) => stop());
    followAll(socket, "klines:15m");
    expect(await settle(exchange)).toEqual([]);
    expect(exchange.carried).toContain("klines:15m S0-KRW");
    expect(exchange.carried).not.toContain("statistics S0-KRW");
  });

  it("an exchange with fewer topics gets fewer, and is live all the same", async () => {
    const socket = begun();
    followAll(socket, "statistics");
    socket.follow("book", "S7-KRW", NOTHING);
    const exchange = new Exchange(Line.lines.at(-1)!, 100);
    exchange.line.greet();
    await settle(exchange);
    expect(exchange.carried).toContain("book S7-KRW");
    expect(exchange.carried.size).toBeGreaterThan(30);
    expect(socket.status.refusal).toBeNull();
    expect(SYMBOLS.filter((symbol) => socket.carries("statistics", symbol)).length).toBe(
      exchange.carried.size - 1,
    );
  });

  it("150 are carried whole, on three channels", async () => {
    const socket = begun();
    for (const channel of ["symbols", "statistics", "klines:15m"])
      for (const symbol of SYMBOLS.slice(0, 150)) socket.follow(channel, symbol, NOTHING, { listed: true });
    const exchange = new Exchange(Line.lines.at(-1)!);
    exchange.line.greet();
    expect(await settle(exchange)).toEqual([]);
    expect(exchange.carried.size).toBe(450);
  });
});

describe("a refused subscription", () => {
  it("costs none but the bad name, shows, and is asked for again until it is served", async () => {
    const socket = begun();
    const stale = vi.fn();
    for (const symbol of SYMBOLS.slice(0, 150))
      socket.follow("statistics", symbol, { ...NOTHING, onStale: stale }, { listed: true });
    const unknown = new Set(["S42-KRW"]);
    const exchange = new Exchange(Line.lines.at(-1)!, MOST_TOPICS, unknown);
    exchange.line.greet();
    await settle(exchange);
    expect(exchange.carried.size).toBe(149);
    expect(stale).toHaveBeenCalledTimes(1);
    expect(socket.status).toMatchObject({ state: "live", refusal: "SYMBOL_NOT_FOUND" });
    unknown.clear();
    await vi.advanceTimersByTimeAsync(1_500);
    await settle(exchange);
    expect(exchange.carried.size).toBe(150);
    expect(socket.status.refusal).toBeNull();
  });

  it("of a private topic is no live page either", async () => {
    const socket = begun();
    socket.follow("orders", null, NOTHING);
    const line = Line.lines.at(-1)!;
    line.greet();
    await Promise.resolve();
    line.reply(line.subscriptions()[0]!, { ok: false, error: "NOT_AUTHENTICATED", status: 401 });
    expect(socket.status.refusal).toBe("NOT_AUTHENTICATED");
  });

  it("of what is no longer on show is forgotten", async () => {
    const socket = begun();
    const stop = socket.follow("book", "S1-KRW", NOTHING);
    const exchange = new Exchange(Line.lines.at(-1)!, MOST_TOPICS, new Set(["S1-KRW"]));
    exchange.line.greet();
    await settle(exchange);
    expect(socket.status.refusal).toBe("SYMBOL_NOT_FOUND");
    stop();
    expect(socket.status.refusal).toBeNull();
  });
});
