// How assets are shown: with as many decimals as their symbols trade them in.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { fromUnits, splitZeros, toUnits } from "@/shared/numbers";
import type { Balance } from "@/shared/wire/api";
import { useSymbols } from "@/shared/wire/symbols";
import type { SymbolTerms } from "@/shared/wire/types";

/** Decimals of each asset: of what is traded those of its quantities, also where other prices are in it; of money
 * those of the plainest prices in it, which one market of small prices does not change. */
export function assetDecimals(symbols: readonly SymbolTerms[]): ReadonlyMap<string, number> {
  const quantities = new Map<string, number>();
  const prices = new Map<string, number>();
  for (const { base_asset, quote_asset, quantity_scale, price_scale } of symbols) {
    quantities.set(base_asset, Math.max(quantities.get(base_asset) ?? 0, quantity_scale));
    prices.set(quote_asset, Math.min(prices.get(quote_asset) ?? price_scale, price_scale));
  }
  return new Map([...prices, ...quantities]);
}

/** Decimals to show of an asset; those of money for an asset without a symbol. */
export function useAssetDecimals(): (asset: string) => number {
  const symbols = useSymbols();
  const decimals = useMemo(() => assetDecimals(symbols ?? []), [symbols]);
  return (asset) => decimals.get(asset) ?? 2;
}

/** Fine enough for every asset. */
const SCALE = 18;

/** Decimals an asset is kept with, and amounts of it may be typed with. */
export function useAssetScale(): (asset: string) => number {
  const symbols = useSymbols();
  return (asset) => {
    const asBase = symbols?.find((terms) => terms.base_asset === asset)?.base_scale;
    return asBase ?? symbols?.find((terms) => terms.quote_asset === asset)?.quote_scale ?? SCALE;
  };
}

/** Available and held together, without needless zeros. */
export function totalOf({ available, held }: Pick<Balance, "available" | "held">): string {
  return splitZeros(fromUnits(toUnits(available, SCALE) + toUnits(held, SCALE), SCALE))[0];
}

/** Every asset that can be held, those that are paid with first. */
export function useAssets(): readonly string[] {
  const symbols = useSymbols();
  return useMemo(() => {
    const quotes = (symbols ?? []).map((terms) => terms.quote_asset);
    const bases = (symbols ?? []).map((terms) => terms.base_asset);
    return [...new Set([...quotes.toSorted(), ...bases.toSorted()])];
  }, [symbols]);
}

/** What people call an asset; nothing for assets that came after the page was made. */
export function useAssetName(): (asset: string) => string {
  const { t } = useTranslation();
  return (asset) => t(`assetNames.${asset}`, { defaultValue: "" });
}
