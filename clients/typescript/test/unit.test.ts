import { describe, expect, it } from "vitest";
import { BookOutOfStep, bookChecksum, compareDecimals, fromUnits, OrderBook, toUnits } from "../src/index.js";
import { Pending } from "../src/pending.js";
import { Gap, Topic, type TopicMessage } from "../src/topics.js";

describe("decimals", () => {
  it("are exact both ways", () => {
    for (const text of ["0", "1", "-0.5", "0.1", "123456789012345678901234567890.000000000000000001"]) {
      expect(fromUnits(toUnits(text, 18), 18)).toBe(text);
    }
    expect(toUnits("0.1", 18) + toUnits("0.2", 18)).toBe(toUnits("0.3", 18));
    expect(compareDecimals("9.9", "10")).toBe(-1);
    expect(compareDecimals("1.10", "1.1")).toBe(0);
  });

  it("are never rounded, and never guessed", () => {
    for (const text of ["0.001", "", "1e3", "NaN", " 1", "1.", "+1"])
      expect(() => toUnits(text, 2)).toThrow(RangeError);
  });
});

describe("the book", () => {
  it("has the checksum of the guide", () => {
    // crc32("9500000051" + "9499900012")
    expect(bookChecksum([["95000000", "0.51"]], [["94999000", "1.2"]])).toBe(2695540518);
  });

  it("keeps its last proved state when a message does not fit", () => {
    const book = new OrderBook("X");
    const around = { channel: "book", symbol: "X", timestamp: 1 } as const;
    const [bids, asks] = [[["2", "1"]], [["10", "1"]]];
    const checksum = bookChecksum([["10", "1"]], [["2", "1"]]);
    book.apply({ ...around, type: "book_snapshot", sequence: 1, prev_sequence: null, bids, asks, checksum });
    const wrong = {
      ...around,
      type: "book_delta",
      sequence: 2,
      prev_sequence: 1,
      bids: [["3", "1"]],
      asks: [],
    } as const;
    expect(() => book.apply({ ...wrong, bids: [["3", "1"]], asks: [], checksum: 0 })).toThrow(BookOutOfStep);
    expect(book.bids()).toEqual([["2", "1"]]);
  });
});

describe("a topic", () => {
  const message = (
    sequence: number,
    previous: number | null,
    more: Partial<TopicMessage> = {},
  ): TopicMessage => ({
    type: "trade",
    channel: "trades",
    symbol: "X",
    sequence,
    prev_sequence: previous,
    timestamp: 0,
    ...more,
  });

  it("takes what follows, and nothing else", () => {
    const seen: number[] = [];
    const topic = new Topic("trades", "X");
    topic.handlers.add({ onMessage: ({ sequence }) => seen.push(sequence) });
    topic.subscribed(false);
    topic.accept(message(5, null));
    topic.accept(message(7, 5, { part: 1, parts: 2 }));
    expect(topic.complete).toBe(5);
    topic.accept(message(7, 7, { part: 2, parts: 2 }));
    expect(topic.complete).toBe(7);
    expect(() => topic.accept(message(9, 8))).toThrow(Gap);
    expect(seen).toEqual([5, 7, 7]);
  });

  it("goes on where it was, the first message perhaps from before", () => {
    const topic = new Topic("trades", "X");
    topic.complete = 7;
    topic.subscribed(true);
    topic.accept(message(9, 6));
    expect(topic.complete).toBe(9);
  });
});

describe("a request without a reply", () => {
  const ended = (op: string, fields: Record<string, unknown>, play: (pending: Pending) => void) => {
    let end: unknown = "open";
    const settle = {
      resolve: () => {
        end = "ok";
      },
      reject: (error: Error) => {
        end = error.name;
      },
    };
    play(new Pending(1, op, fields, settle));
    return end;
  };
  const refusal = (error: string, status: number) => ({ ok: false, error, message: "", details: {}, status });

  it("has an unknown outcome where it cannot be asked again", () => {
    expect(
      ended("order.cancel", { order_id: "1" }, (pending) => {
        pending.sent();
        pending.lost();
      }),
    ).toBe("OutcomeUnknown");
    expect(
      ended("ping", {}, (pending) => {
        pending.sent();
        pending.lost();
      }),
    ).toBe("ConnectionLost");
    expect(ended("order.cancel", { order_id: "1" }, (pending) => pending.giveUp("late"))).toBe(
      "ConnectionLost",
    );
  });

  it("is asked again where every order has an id, and then only the engine can refuse it", () => {
    const order = { client_order_id: "a" };
    const twice = (pending: Pending) => {
      pending.sent();
      expect(pending.lost()).toBe(false);
      pending.sent();
    };
    expect(ended("order.place", order, twice)).toBe("open");
    const refusedBy = (error: string, status: number) => (pending: Pending) => {
      twice(pending);
      pending.take(refusal(error, status));
    };
    expect(ended("order.place", order, refusedBy("ENGINE_BUSY", 503))).toBe("open");
    expect(ended("order.place", order, refusedBy("OUTCOME_UNKNOWN", 504))).toBe("open");
    expect(ended("order.place", order, refusedBy("INSUFFICIENT_BALANCE", 422))).toBe("ApiError");
    expect(ended("order.place", order, refusedBy("INVALID_FIELD", 400))).toBe("OutcomeUnknown");
  });
});
