import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ExchangeSocket } from "./socket";
import { Line } from "./test-line";

function connected(): { socket: ExchangeSocket; line: Line; seen: number[]; stale: () => number } {
  const socket = new ExchangeSocket("ws://exchange/ws");
  const seen: number[] = [];
  let stale = 0;
  socket.follow("trades", "AAPL", {
    onMessage: (message) => seen.push(message.sequence),
    onStale: () => (stale += 1),
  });
  socket.start();
  const line = Line.lines.at(-1)!;
  line.greet();
  return { socket, line, seen, stale: () => stale };
}

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

it("subscribes to what is followed once connected", () => {
  const { line, socket } = connected();
  expect(line.subscriptions()).toMatchObject([{ channels: ["trades"], symbols: ["AAPL"] }]);
  expect(socket.status.state).toBe("live");
});

it("hands over messages that follow one another", () => {
  const { line, seen } = connected();
  line.push(5, null);
  line.push(8, 5);
  line.push(9, 8);
  expect(seen).toEqual([5, 8, 9]);
});

it("fetches a topic anew when a message is missing, and trusts nothing before the snapshot", () => {
  const { line, seen, stale } = connected();
  line.push(5, null);
  line.push(9, 8);
  line.push(10, 9);
  expect(seen).toEqual([5]);
  expect(stale()).toBe(1);
  expect(line.subscriptions()).toHaveLength(2);
  line.push(11, null);
  line.push(12, 11);
  expect(seen).toEqual([5, 11, 12]);
});

it("reconnects and subscribes again", () => {
  const { line, seen, socket } = connected();
  line.push(5, null);
  line.close();
  expect(socket.status.state).toBe("reconnecting");
  vi.advanceTimersByTime(1_000);
  const next = Line.lines.at(-1)!;
  expect(next).not.toBe(line);
  next.greet();
  next.push(20, 5);
  expect(seen).toEqual([5]);
  next.push(21, null);
  expect(seen).toEqual([5, 21]);
});

it("gives up a connection that has gone silent", () => {
  const { line, socket } = connected();
  line.push(5, null);
  vi.advanceTimersByTime(30_000);
  expect(line.readyState).toBe(3);
  expect(socket.status.state).toBe("reconnecting");
});

it("knows how the venue is, and forgets it with the connection", () => {
  const { line, socket } = connected();
  expect(socket.status.venue).toEqual({ cancelOnly: false, stale: [] });
  line.message({ type: "venue", cancel_only: true, stale: ["marketdata"] });
  expect(socket.status.venue).toEqual({ cancelOnly: true, stale: ["marketdata"] });
  line.message({ type: "venue", cancel_only: false, stale: [] });
  expect(socket.status.venue.cancelOnly).toBe(false);
  line.message({ type: "venue", cancel_only: true, stale: [] });
  line.close();
  vi.advanceTimersByTime(1_000);
  Line.lines.at(-1)!.greet();
  expect(socket.status.venue.cancelOnly).toBe(false);
});
