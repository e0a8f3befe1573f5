import { describe, expect, it } from "vitest";
import { Book, BookOutOfStep } from "./book";
import { bookChecksum, crc32 } from "./checksum";
import type { BookDelta, BookSnapshot, Level } from "./types";

const common = { channel: "book", symbol: "BTC-KRW", timestamp: 0 };

function snapshot(sequence: number, bids: Level[], asks: Level[]): BookSnapshot {
  return {
    ...common,
    type: "book_snapshot",
    sequence,
    prev_sequence: null,
    bids,
    asks,
    checksum: bookChecksum(asks, bids),
  };
}

function delta(prev: number, sequence: number, bids: Level[], asks: Level[], checksum: number): BookDelta {
  return { ...common, type: "book_delta", sequence, prev_sequence: prev, bids, asks, checksum };
}

describe("checksum", () => {
  it("is the CRC32 of zlib", () => {
    expect(crc32("123456789")).toBe(0xcbf43926);
    expect(crc32("")).toBe(0);
  });
  it("joins asks then bids without dots and leading zeros", () => {
    expect(bookChecksum([["0.05", "0.010"]], [["0.04", "2"]])).toBe(crc32("51042"));
  });
});

describe("Book", () => {
  const bids: Level[] = [
    ["99", "1"],
    ["98", "2"],
  ];
  const asks: Level[] = [
    ["100", "1"],
    ["102", "3"],
  ];

  it("inserts, changes and removes levels in order", () => {
    const book = new Book();
    book.apply(snapshot(5, bids, asks));
    const nextBids: Level[] = [
      ["99", "7"],
      ["97.5", "4"],
    ];
    const nextAsks: Level[] = [
      ["100", "1"],
      ["101", "5"],
      ["102", "3"],
    ];
    book.apply(
      delta(
        5,
        9,
        [
          ["99", "7"],
          ["98", "0"],
          ["97.5", "4"],
        ],
        [["101", "5"]],
        bookChecksum(nextAsks, nextBids),
      ),
    );
    expect(book.view(10)).toEqual({ bids: nextBids, asks: nextAsks, sequence: 9 });
  });

  it("refuses a gap", () => {
    const book = new Book();
    book.apply(snapshot(5, bids, asks));
    expect(() => book.apply(delta(6, 7, [], [], 0))).toThrow(BookOutOfStep);
  });

  it("refuses a wrong checksum", () => {
    const book = new Book();
    book.apply(snapshot(5, bids, asks));
    expect(() => book.apply(delta(5, 6, [["99", "2"]], [], 1))).toThrow(BookOutOfStep);
  });

  it("ignores what a snapshot already contains", () => {
    const book = new Book();
    book.apply(snapshot(5, bids, asks));
    book.apply(delta(3, 4, [["99", "0"]], [], 1));
    expect(book.view(1).bids).toEqual([["99", "1"]]);
  });
});
