import { matchesText } from "@/shared/market/search";
import type { SymbolTerms } from "@/shared/wire/types";

/** Which markets are on show: a search text, and all, the favourites, or those of one quote asset. */
export interface Shown {
  text: string;
  group: string;
}

/** Whether a market is on show. The search looks at the symbol and at its name in the page's language. */
export function matching(
  terms: SymbolTerms,
  name: string,
  shown: Shown,
  favourites: readonly string[],
): boolean {
  const found = matchesText(terms, name, shown.text);
  if (!found || shown.group === "all") return found;
  return shown.group === "favourites" ? favourites.includes(terms.symbol) : terms.quote_asset === shown.group;
}
