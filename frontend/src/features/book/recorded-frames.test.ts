// The book built from frames recorded of a running exchange, grouped in every way the screen offers.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toUnits } from "@/shared/numbers";
import { Book, BookOutOfStep } from "@/shared/wire/book";
import type { BookDelta, BookSnapshot, SymbolTerms } from "@/shared/wire/types";
import { MULTIPLES, rowsOf } from "./rows";

type Frame = BookSnapshot | BookDelta;

const frames = JSON.parse(readFileSync(new URL("recorded-frames.json", import.meta.url), "utf8")) as Frame[];
const terms = { symbol: "BTC-KRW", price_scale: 0, quantity_scale: 8 } as SymbolTerms;
const TICK = 1_000n;
const ALL = 100_000;

describe("recorded frames", () => {
  it("are a snapshot and what follows it, and every checksum holds", () => {
    const book = new Book();
    expect(frames[0]!.type).toBe("book_snapshot");
    // A wrong checksum or a gap would throw.
    for (const frame of frames) book.apply(frame);
    expect(book.view(1).sequence).toBe(frames.at(-1)!.sequence);
  });

  it("are refused when one is missing", () => {
    const book = new Book();
    const lost = frames.filter((_, index) => index !== 5);
    expect(() => lost.forEach((frame) => book.apply(frame))).toThrow(BookOutOfStep);
  });

  it("make rows that hold the whole book, in order, and never cross", () => {
    const book = new Book();
    for (const frame of frames) {
      book.apply(frame);
      const { bids, asks } = book.view(ALL);
      for (const multiple of MULTIPLES) {
        const step = TICK * BigInt(multiple);
        const [buy, sell] = [rowsOf(bids, "buy", step, ALL, terms), rowsOf(asks, "sell", step, ALL, terms)];
        const total = bids.reduce((sum, [, quantity]) => sum + toUnits(quantity, 8), 0n);
        expect(buy.at(-1)?.sum ?? 0n).toBe(total);
        expect(buy.reduce((sum, row) => sum + row.quantity, 0n)).toBe(total);
        expect(buy.every((row, index) => index === 0 || row.price < buy[index - 1]!.price)).toBe(true);
        expect(sell.every((row, index) => index === 0 || row.price > sell[index - 1]!.price)).toBe(true);
        if (buy[0] && sell[0]) expect(buy[0].price).toBeLessThan(sell[0].price);
      }
    }
  });
});
