import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiFailure } from "./api";
import { Line } from "./test-line";
import { newClientOrderId, placeTicket, type Ticket } from "./trading";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "exchange.example" }));

const { socket } = await import("./connection");

const ORDER = { symbol: "BTC-KRW", side: "buy", order_type: "limit", price: "1", quantity: "1" } as const;
const TICKETS: readonly Ticket[] = [
  { op: "order.place", order: { ...ORDER, client_order_id: "a" } },
  {
    op: "order.oco",
    first: { ...ORDER, client_order_id: "b" },
    second: { ...ORDER, order_type: "stop", client_order_id: "c" },
  },
  {
    op: "order.bracket",
    entry: { ...ORDER, client_order_id: "d" },
    take_profit_price: "2",
    stop_price: "0.5",
  },
];

beforeEach(() => {
  Line.lines = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  socket.start();
});
afterEach(() => {
  socket.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
  vi.stubGlobal("location", { protocol: "http:", host: "exchange.example" });
});

const line = () => Line.lines.at(-1)!;

/** The outcome once it is there: "placed", or a code. */
function placing(ticket: Ticket): { outcome: () => string } {
  let outcome = "";
  placeTicket(ticket).then(
    () => (outcome = "placed"),
    (error: ApiFailure) => (outcome = error.code),
  );
  return { outcome: () => outcome };
}

async function reconnected(): Promise<void> {
  await vi.advanceTimersByTimeAsync(6_000);
  line().greet();
  await vi.advanceTimersByTimeAsync(1_000);
}

const refusal = (error: string, status: number) => ({ ok: false, error, status });

describe.each(TICKETS)("$op", (ticket) => {
  const requests = () => line().of(ticket.op);
  const fields = ({ id, ...rest }: Record<string, unknown> = {}) => rest;

  it("that never left is not sent, and said to be so at once", async () => {
    line().close();
    const { outcome } = placing(ticket);
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe("UNREACHABLE");
  });

  it("is asked for again under the same ids when the connection broke under it", async () => {
    line().greet();
    const { outcome } = placing(ticket);
    const first = requests()[0];
    line().close();
    // The pause before the next attempt passes while there is no connection.
    await vi.advanceTimersByTimeAsync(60_000);
    expect(outcome()).toBe("");
    await reconnected();
    expect(requests().map(fields)).toEqual([fields(first)]);
    line().reply(requests()[0]!);
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe("placed");
  });

  it.each([
    ["ENGINE_UNAVAILABLE", 503],
    ["ENGINE_BUSY", 503],
    ["RATE_LIMITED", 429],
    ["NOT_AUTHENTICATED", 401],
    ["PERMISSION_DENIED", 403],
    ["INTERNAL", 500],
    ["OUTCOME_UNKNOWN", 504],
  ])("no later %s makes it one that was not sent", async (code, status) => {
    line().greet();
    const { outcome } = placing(ticket);
    line().reply(requests()[0]!, refusal("OUTCOME_UNKNOWN", 504));
    await vi.advanceTimersByTimeAsync(1_000);
    line().reply(requests()[1]!, refusal(code, status));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(outcome()).toBe("");
    line().reply(requests()[2]!);
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe("placed");
  });

  it("what the engine says in the end is what holds", async () => {
    line().greet();
    const { outcome } = placing(ticket);
    line().reply(requests()[0]!, refusal("OUTCOME_UNKNOWN", 504));
    await vi.advanceTimersByTimeAsync(1_000);
    line().reply(requests()[1]!, refusal("INSUFFICIENT_BALANCE", 409));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe("INSUFFICIENT_BALANCE");
  });

  it("ends as unknown, never as not sent, when nothing answers", async () => {
    line().greet();
    const { outcome } = placing(ticket);
    line().close();
    await vi.advanceTimersByTimeAsync(119_000);
    expect(outcome()).toBe("");
    await vi.advanceTimersByTimeAsync(2_000);
    expect(outcome()).toBe("OUTCOME_UNKNOWN");
  });

  it("ends as unknown when the page stops for another user", async () => {
    line().greet();
    const { outcome } = placing(ticket);
    socket.stop();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(outcome()).toBe("OUTCOME_UNKNOWN");
  });

  it("a first refusal is a fact", async () => {
    line().greet();
    const { outcome } = placing(ticket);
    line().reply(requests()[0]!, refusal("ENGINE_BUSY", 503));
    await vi.advanceTimersByTimeAsync(0);
    expect(outcome()).toBe("ENGINE_BUSY");
  });
});

it("an id is made without TLS too", () => {
  vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
  expect(newClientOrderId()).toMatch(/^web-[0-9a-f]{24}$/);
  expect(newClientOrderId()).not.toBe(newClientOrderId());
});
