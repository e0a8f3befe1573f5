// Which markets the selector lists for what was typed, and in which order.

import { matchesText } from "@/shared/market/search";
import { compareDecimals } from "@/shared/sorting";
import type { SymbolTerms, Ticker } from "@/shared/wire/types";

export interface Listed {
  terms: SymbolTerms;
  name: string;
  ticker: Ticker | undefined;
}

/** Markets whose symbol, asset or name holds the text; favourites first, then by what was traded. */
export function found(markets: readonly Listed[], text: string, favourites: readonly string[]): Listed[] {
  const matches = markets.filter(({ terms, name }) => matchesText(terms, name, text));
  const rank = ({ terms }: Listed) => (favourites.includes(terms.symbol) ? 0 : 1);
  return matches.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.terms.quote_asset.localeCompare(b.terms.quote_asset) ||
      compareDecimals(b.ticker?.quote_volume_24h ?? "0", a.ticker?.quote_volume_24h ?? "0") ||
      a.terms.symbol.localeCompare(b.terms.symbol),
  );
}
