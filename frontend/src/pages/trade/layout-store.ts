// How the trading page is divided, kept across visits. Sizes in CSS pixels.

import { useSyncExternalStore } from "react";
import { create } from "zustand";
import { persist } from "zustand/middleware";

export interface Sizes {
  /** Width of the order book's column. */
  book: number;
  /** Width of the order form. */
  form: number;
  /** Height of the account panel. */
  tabs: number;
  /** Height of the trades below the book, on tall screens. */
  trades: number;
}

export const FIRST: Sizes = { book: 300, form: 320, tabs: 208, trades: 220 };

/** Smaller than `least` a panel cannot be read; larger than `most` it takes the chart's room. */
export const LIMITS: Record<keyof Sizes, { least: number; most: number }> = {
  book: { least: 240, most: 460 },
  form: { least: 280, most: 440 },
  tabs: { least: 96, most: 520 },
  trades: { least: 96, most: 520 },
};

interface LayoutState {
  sizes: Sizes;
  /** The view chosen on a phone, and in the book's column where there is no room for both. */
  phoneView: PhoneView;
  bookView: BookView;
  setSize(name: keyof Sizes, size: number): void;
  setPhoneView(view: PhoneView): void;
  setBookView(view: BookView): void;
}

export const PHONE_VIEWS = ["chart", "book", "trades", "orders"] as const;
export type PhoneView = (typeof PHONE_VIEWS)[number];
export const BOOK_VIEWS = ["book", "trades"] as const;
type BookView = (typeof BOOK_VIEWS)[number];

function limited(name: keyof Sizes, size: number): number {
  return Math.min(LIMITS[name].most, Math.max(LIMITS[name].least, Math.round(size)));
}

export const useLayout = create<LayoutState>()(
  persist(
    (set) => ({
      sizes: FIRST,
      phoneView: "chart",
      bookView: "book",
      setSize: (name, size) => set(({ sizes }) => ({ sizes: { ...sizes, [name]: limited(name, size) } })),
      setPhoneView: (phoneView) => set({ phoneView }),
      setBookView: (bookView) => set({ bookView }),
    }),
    { name: "xtrader.layout", version: 1, partialize: ({ sizes, bookView }) => ({ sizes, bookView }) },
  ),
);

export type Mode = "wide" | "medium" | "phone";

const PHONE = "(max-width: 640px)";
const MEDIUM = "(max-width: 1180px)";
/** Room for the book and the trades one below the other. */
const TALL = "(min-height: 860px)";

function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

export function useMode(): { mode: Mode; tall: boolean } {
  const phone = useMedia(PHONE);
  const medium = useMedia(MEDIUM);
  const tall = useMedia(TALL);
  return { mode: phone ? "phone" : medium ? "medium" : "wide", tall };
}
