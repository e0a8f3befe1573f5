// Which markets the selector lists for what was typed, and in which order.

import { toUnits } from "@/shared/numbers";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";

export interface Listed {
  spec: SymbolSpec;
  name: string;
  statistics: Statistics | undefined;
}

const VALUE_SCALE = 8;

/** Markets whose symbol, asset or name holds the text; favourites first, then by what was traded. */
export function found(markets: readonly Listed[], text: string, favourites: readonly string[]): Listed[] {
  const wanted = folded(text);
  const matches = markets.filter(({ spec, name }) =>
    [spec.symbol, spec.base_asset, name].some((part) => folded(part).includes(wanted)),
  );
  const rank = ({ spec }: Listed) => (favourites.includes(spec.symbol) ? 0 : 1);
  return matches.sort(
    (a, b) =>
      rank(a) - rank(b) ||
      a.spec.quote_asset.localeCompare(b.spec.quote_asset) ||
      compare(traded(b), traded(a)) ||
      a.spec.symbol.localeCompare(b.spec.symbol),
  );
}

function folded(text: string): string {
  return text.toLowerCase().replace(/[\s/-]/g, "");
}

function traded({ statistics }: Listed): bigint {
  return toUnits(statistics?.quote_volume_24h ?? "0", VALUE_SCALE);
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
