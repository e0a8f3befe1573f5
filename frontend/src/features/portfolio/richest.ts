// Which part of the portfolio is shown first: the currency that holds the most.

import { toUnits } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";
import type { CurrencyPortfolio } from "./revalue";

/** The last price of a symbol; nothing when it is not known here. */
type LastOf = (symbol: string) => string | null | undefined;

const SCALE = 18;

/** The part worth most. Currencies are compared by the prices of what is traded in both; where there is nothing of
 * that kind, by their numbers. */
export function richest(
  parts: readonly CurrencyPortfolio[],
  symbols: readonly SymbolTerms[],
  lastOf: LastOf,
): CurrencyPortfolio | undefined {
  const price = (base: string, quote: string) => {
    const terms = symbols.find(({ base_asset, quote_asset }) => base_asset === base && quote_asset === quote);
    const last = terms && lastOf(terms.symbol);
    return last ? toUnits(last, SCALE) : null;
  };
  return parts.reduce<CurrencyPortfolio | undefined>(
    (most, part) => (most === undefined || isMore(part, most, symbols, price) ? part : most),
    undefined,
  );
}

function isMore(
  one: CurrencyPortfolio,
  other: CurrencyPortfolio,
  symbols: readonly SymbolTerms[],
  price: (base: string, quote: string) => bigint | null,
): boolean {
  const [value, most] = [toUnits(one.value, SCALE), toUnits(other.value, SCALE)];
  const direct = price(one.currency, other.currency);
  if (direct !== null) return value * direct > most * 10n ** BigInt(SCALE);
  const inverse = price(other.currency, one.currency);
  if (inverse !== null) return value * 10n ** BigInt(SCALE) > most * inverse;
  for (const asset of new Set(symbols.map(({ base_asset }) => base_asset))) {
    const [here, there] = [price(asset, one.currency), price(asset, other.currency)];
    // As much of the asset as either would buy.
    if (here && there) return value * there > most * here;
  }
  return value > most;
}
