import type { SymbolSpec } from "@/shared/wire/types";

/** Which markets are on show: a search text, and all, the favourites, or those of one quote asset. */
export interface Shown {
  text: string;
  group: string;
}

/** Whether a market is on show. The search looks at the symbol and at its name in the page's language. */
export function matching(spec: SymbolSpec, name: string, shown: Shown, favourites: readonly string[]): boolean {
  const text = shown.text.trim().toLowerCase();
  const found = text === "" || spec.symbol.toLowerCase().includes(text) || name.toLowerCase().includes(text);
  if (!found || shown.group === "all") return found;
  return shown.group === "favourites" ? favourites.includes(spec.symbol) : spec.quote_asset === shown.group;
}
