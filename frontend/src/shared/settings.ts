// What a person chose for this browser, kept across visits.

import { create } from "zustand";
import { persist } from "zustand/middleware";
import type { Interval } from "@/shared/wire/types";

export const THEMES = ["dark", "light"] as const;
type Theme = (typeof THEMES)[number];
export const LANGUAGES = ["ko", "en"] as const;
export type Language = (typeof LANGUAGES)[number];
/** Which colours mean up and down. `auto`: red up in Korean, green up otherwise. */
export const PALETTES = ["auto", "red-up", "green-up", "colour-blind"] as const;
export type Palette = (typeof PALETTES)[number];

export interface Settings {
  theme: Theme;
  language: Language;
  palette: Palette;
  /** Ask before an order is sent. */
  confirmOrders: boolean;
  /** Orders placed here end with the connection they were placed on. */
  cancelOnDisconnect: boolean;
  /** Cancel every open order when this page has been silent for so long, in milliseconds; 0: never. */
  cancelAfterMs: number;
  interval: Interval;
  favourites: readonly string[];
  lastSymbol: string | null;
  set(change: Partial<Omit<Settings, "set">>): void;
  toggleFavourite(symbol: string): void;
}

function firstLanguage(): Language {
  return navigator.language.startsWith("ko") ? "ko" : "en";
}

export const useSettings = create<Settings>()(
  persist(
    (set) => ({
      theme: "dark",
      language: firstLanguage(),
      palette: "auto",
      confirmOrders: false,
      cancelOnDisconnect: false,
      cancelAfterMs: 0,
      interval: "15m",
      favourites: [],
      lastSymbol: null,
      set: (change) => set(change),
      toggleFavourite: (symbol) =>
        set(({ favourites }) => ({
          favourites: favourites.includes(symbol)
            ? favourites.filter((name) => name !== symbol)
            : [...favourites, symbol],
        })),
    }),
    { name: "xtrader.settings", version: 1 },
  ),
);

/** The palette in force for a language. */
export function paletteOf(palette: Palette, language: Language): Exclude<Palette, "auto"> {
  return palette !== "auto" ? palette : language === "ko" ? "red-up" : "green-up";
}
