// How assets are shown: with as many decimals as their symbols trade them in.

import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { fromUnits, splitZeros, toUnits } from "./numbers";
import { useSymbols } from "./wire/symbols";
import type { Balance } from "./wire/api";
import type { SymbolSpec } from "./wire/types";

/** Decimals of each asset: a quote asset has those of prices in it, any other those of its quantities. */
export function assetDecimals(symbols: readonly SymbolSpec[]): ReadonlyMap<string, number> {
  const quotes = new Set(symbols.map((spec) => spec.quote_asset));
  const found = new Map<string, number>();
  const atLeast = (asset: string, decimals: number) => found.set(asset, Math.max(found.get(asset) ?? 0, decimals));
  for (const spec of symbols) {
    atLeast(spec.quote_asset, spec.price_scale);
    if (!quotes.has(spec.base_asset)) atLeast(spec.base_asset, spec.quantity_scale);
  }
  return found;
}

/** Decimals to show of an asset; those of money where no symbol says. */
export function useAssetDecimals(): (asset: string) => number {
  const symbols = useSymbols();
  const decimals = useMemo(() => assetDecimals(symbols ?? []), [symbols]);
  return (asset) => decimals.get(asset) ?? 2;
}

/** Fine enough for every asset. */
const SCALE = 18;

/** Available and held together, without needless zeros. */
export function totalOf({ available, held }: Pick<Balance, "available" | "held">): string {
  return splitZeros(fromUnits(toUnits(available, SCALE) + toUnits(held, SCALE), SCALE))[0];
}

/** Every asset that can be held, those that are paid with first. */
export function useAssets(): readonly string[] {
  const symbols = useSymbols();
  return useMemo(() => {
    const quotes = (symbols ?? []).map((spec) => spec.quote_asset);
    const bases = (symbols ?? []).map((spec) => spec.base_asset);
    return [...new Set([...quotes.toSorted(), ...bases.toSorted()])];
  }, [symbols]);
}

/** What people call an asset; nothing for assets that came after the page was made. */
export function useAssetName(): (asset: string) => string {
  const { t } = useTranslation();
  return (asset) => t(`assetNames.${asset}`, { defaultValue: "" });
}
