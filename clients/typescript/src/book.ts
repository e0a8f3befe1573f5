// A full order book that proves itself: by the sequence of its messages and by their checksums.

import { compareDecimals } from "./decimals.js";
import type { Messages } from "./messages.js";

export type Level = readonly [price: string, quantity: string];

/** Levels of each side that the checksum covers. */
const CHECKSUM_DEPTH = 10;

const TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

function crc32(text: string): number {
  let crc = 0xffffffff;
  for (let index = 0; index < text.length; index += 1) {
    crc = (crc >>> 8) ^ TABLE[(crc ^ text.charCodeAt(index)) & 0xff]!;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** CRC32 over the ten best asks, then bids, best first: price then quantity as they stand on the wire, each
 * without its dot and leading zeros. */
export function bookChecksum(asks: readonly Level[], bids: readonly Level[]): number {
  const top = [...asks.slice(0, CHECKSUM_DEPTH), ...bids.slice(0, CHECKSUM_DEPTH)];
  return crc32(
    top.flatMap((level) => level.map((number) => number.replace(".", "").replace(/^0+/, ""))).join(""),
  );
}

/** The book and the feed disagree. The socket fetches the book anew. */
export class BookOutOfStep extends Error {}

/** The live book of one symbol. Reads give the last state that was proved. */
export class OrderBook {
  private bidLevels: Level[] = [];
  private askLevels: Level[] = [];
  /** Engine sequence of the last message applied. */
  sequence = 0;
  /** Engine time of it, ms UTC. */
  timestamp = 0;
  /** False while the book is fetched anew. */
  isSynced = false;
  /** How often it had to be. */
  resyncs = 0;

  constructor(readonly symbol: string) {}

  /** Levels of buyers, highest price first. */
  bids(depth = Number.POSITIVE_INFINITY): readonly Level[] {
    return this.bidLevels.slice(0, depth);
  }

  /** Levels of sellers, lowest price first. */
  asks(depth = Number.POSITIVE_INFINITY): readonly Level[] {
    return this.askLevels.slice(0, depth);
  }

  /** The highest price to sell at; null while there is no bid. */
  get bestBid(): Level | null {
    return this.bidLevels[0] ?? null;
  }

  /** The lowest price to buy at; null while there is no ask. */
  get bestAsk(): Level | null {
    return this.askLevels[0] ?? null;
  }

  /** Take in a message that follows the one before. Throws BookOutOfStep; then nothing has changed. */
  apply(message: Messages["book_snapshot"] | Messages["book_delta"]): void {
    const isSnapshot = message.type === "book_snapshot";
    const bids = isSnapshot ? levels(message.bids) : changed(this.bidLevels, levels(message.bids), -1);
    const asks = isSnapshot ? levels(message.asks) : changed(this.askLevels, levels(message.asks), 1);
    if (bookChecksum(asks, bids) !== message.checksum) {
      throw new BookOutOfStep(`${this.symbol}: the book differs at sequence ${message.sequence}`);
    }
    [this.bidLevels, this.askLevels] = [bids, asks];
    this.sequence = message.sequence;
    this.timestamp = message.timestamp;
    this.isSynced = true;
  }

  markStale(): void {
    if (this.isSynced) this.resyncs += 1;
    this.isSynced = false;
  }
}

function levels(rows: readonly string[][]): Level[] {
  return rows.map((row) => [row[0]!, row[1]!]);
}

/** A side after changes: absolute quantities, "0" removes the level. `direction` 1: lowest price first. */
function changed(side: readonly Level[], changes: readonly Level[], direction: 1 | -1): Level[] {
  const after = [...side];
  for (const change of changes) {
    const at = position(after, change[0], direction);
    const exists = after[at]?.[0] === change[0];
    if (change[1] !== "0") after.splice(at, exists ? 1 : 0, change);
    else if (exists) after.splice(at, 1);
  }
  return after;
}

function position(side: readonly Level[], price: string, direction: 1 | -1): number {
  let low = 0;
  let high = side.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareDecimals(side[middle]![0], price) * direction < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
