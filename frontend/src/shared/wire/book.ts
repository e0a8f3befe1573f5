// One symbol's order book, kept from a snapshot and deltas and proven at every step.

import { toUnits } from "@/shared/numbers";
import { bookChecksum } from "./checksum";
import type { BookDelta, BookSnapshot, Level } from "./types";

export interface BookView {
  bids: readonly Level[];
  asks: readonly Level[];
  sequence: number;
}

/** The book and the feed disagree: a message was missed, or something is wrong. Ask for a snapshot. */
export class BookOutOfStep extends Error {}

export class Book {
  private bids: Level[] = [];
  private asks: Level[] = [];
  private sequence = -1;
  // Prices as integers are only compared, so any scale at least as fine as the symbol's will do.
  private readonly scale = 18;

  /** Take a message in. Throws BookOutOfStep when it does not follow what came before. */
  apply(message: BookSnapshot | BookDelta): void {
    if (message.type === "book_snapshot") {
      this.bids = [...message.bids];
      this.asks = [...message.asks];
    } else {
      if (message.sequence <= this.sequence) return;
      if (message.prev_sequence !== this.sequence) {
        throw new BookOutOfStep(`after ${this.sequence} came ${message.prev_sequence} → ${message.sequence}`);
      }
      for (const level of message.bids) this.change(this.bids, level, -1);
      for (const level of message.asks) this.change(this.asks, level, 1);
    }
    this.sequence = message.sequence;
    if (bookChecksum(this.asks, this.bids) !== message.checksum) {
      throw new BookOutOfStep(`checksum differs at ${message.sequence}`);
    }
  }

  view(depth: number): BookView {
    return { bids: this.bids.slice(0, depth), asks: this.asks.slice(0, depth), sequence: this.sequence };
  }

  /** Set, insert or (quantity "0") remove one level. `direction` 1: ascending side, -1: descending. */
  private change(side: Level[], level: Level, direction: 1 | -1): void {
    const price = toUnits(level[0], this.scale);
    let low = 0;
    let high = side.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const other = toUnits(side[middle]![0], this.scale);
      if (direction === 1 ? other < price : other > price) low = middle + 1;
      else high = middle;
    }
    const exists = side[low]?.[0] === level[0];
    if (level[1] === "0") {
      if (exists) side.splice(low, 1);
    } else {
      side.splice(low, exists ? 1 : 0, level);
    }
  }
}
