import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Order } from "./api";
import { Line } from "./test-line";

const ORDERS = 10_000;
const ROWS_A_PART = 600;

function order(id: number, status = "new"): Order {
  return { order_id: String(id), symbol: "AAPL", status } as Order;
}

function snapshot(sequence: number, count: number): object[] {
  const orders = Array.from({ length: count }, (_, id) => order(id));
  const parts = Math.ceil(count / ROWS_A_PART);
  return Array.from({ length: parts }, (_, index) => ({
    type: "orders_snapshot",
    channel: "orders",
    sequence,
    prev_sequence: index === 0 ? null : sequence,
    orders: orders.slice(index * ROWS_A_PART, (index + 1) * ROWS_A_PART),
    part: index + 1,
    parts,
  }));
}

function change(sequence: number, previous: number, changed: Order): object {
  return { type: "order", channel: "orders", sequence, prev_sequence: previous, ...changed };
}

async function followed() {
  const { socket } = await import("./connection");
  const { followAccount, useAccount } = await import("./account-store");
  const stop = followAccount();
  socket.start();
  const line = Line.lines.at(-1)!;
  line.greet("1001");
  return { line, socket, open: () => useAccount.getState().open, state: useAccount.getState, stop };
}

beforeEach(() => {
  Line.lines = [];
  vi.resetModules();
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  vi.stubGlobal("location", { protocol: "http:", host: "exchange" });
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("shows ten thousand orders once their last part is there, and what changed after them", async () => {
  const { line, open, state, stop } = await followed();
  const parts = snapshot(50, ORDERS);
  parts.slice(0, -1).forEach((part) => line.message(part));
  expect(state().current).toBe(false);
  expect(open().size).toBe(0);
  line.message(parts.at(-1)!);
  expect(state().current).toBe(true);
  expect(open().size).toBe(ORDERS);
  line.message(change(51, 50, order(ORDERS)));
  line.message(change(52, 51, order(7, "canceled")));
  expect(open().size).toBe(ORDERS);
  expect(open().has(String(ORDERS))).toBe(true);
  expect(open().has("7")).toBe(false);
  stop();
});

it("starts over when the connection breaks between parts, and shows nothing of the half", async () => {
  const { line, open, stop } = await followed();
  snapshot(50, ORDERS)
    .slice(0, 5)
    .forEach((part) => line.message(part));
  line.close();
  await vi.advanceTimersByTimeAsync(1_000);
  const next = Line.lines.at(-1)!;
  expect(next).not.toBe(line);
  next.greet("1001");
  snapshot(60, 700).forEach((part) => next.message(part));
  expect(open().size).toBe(700);
  stop();
});

it("asks anew for a snapshot of which a part is missing", async () => {
  const { line, open, stop } = await followed();
  await vi.advanceTimersByTimeAsync(0);
  const before = line.subscriptions().length;
  const parts = snapshot(50, ORDERS);
  line.message(parts[0]!);
  line.message(parts[2]!);
  expect(line.subscriptions().length).toBe(before + 1);
  expect(open().size).toBe(0);
  stop();
});

it("joins a reply that comes in parts", async () => {
  const { line, socket, stop } = await followed();
  const reply = socket.request<{ orders: Order[]; canceled: number }>("orders.cancel_all");
  const sent = line.of("orders.cancel_all")[0]!;
  line.reply(sent, { ok: true, canceled: 3, orders: [order(1), order(2)], part: 1, parts: 2 });
  line.reply(sent, { ok: true, canceled: 3, orders: [order(3)], part: 2, parts: 2 });
  expect(await reply).toMatchObject({ canceled: 3, orders: [order(1), order(2), order(3)] });
  stop();
});
