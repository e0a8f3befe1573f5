// How a person likes the book, kept in this browser.

import { create } from "zustand";
import { persist } from "zustand/middleware";

export const SIDES = ["both", "bids", "asks"] as const;
export type SidesShown = (typeof SIDES)[number];

interface BookSettings {
  sides: SidesShown;
  /** Whether sums are in the quote asset. */
  inQuote: boolean;
  /** Multiple of the tick, by symbol. */
  multiples: Readonly<Record<string, number>>;
  set(change: Partial<Pick<BookSettings, "sides" | "inQuote">>): void;
  setMultiple(symbol: string, multiple: number): void;
}

export const useBookSettings = create<BookSettings>()(
  persist(
    (set) => ({
      sides: "both",
      inQuote: false,
      multiples: {},
      set: (change) => set(change),
      setMultiple: (symbol, multiple) =>
        set(({ multiples }) => ({ multiples: { ...multiples, [symbol]: multiple } })),
    }),
    { name: "xtrader.book", version: 1 },
  ),
);
