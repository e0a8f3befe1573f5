import type { SymbolTerms } from "@/shared/wire/types";

/** Whether a symbol, its asset or its name in the page's language holds the text; "btc krw" finds BTC-KRW. */
export function matchesText(terms: SymbolTerms, name: string, text: string): boolean {
  const wanted = folded(text);
  return [terms.symbol, terms.base_asset, name].some((part) => folded(part).includes(wanted));
}

function folded(text: string): string {
  return text.toLowerCase().replace(/[\s/-]/g, "");
}
