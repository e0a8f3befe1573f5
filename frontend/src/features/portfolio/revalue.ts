// The portfolio at the prices of this moment: what the server folded, valued again as trades happen.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Schemas } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";

export type CurrencyPortfolio = Schemas["CurrencyPortfolio"];
export type Holding = Schemas["Holding"];

/** The last price of a symbol, and its terms; nothing when it is not known here. */
export type PriceOf = (symbol: string) => { spec: SymbolSpec; last: string } | undefined;

const PERCENT_SCALE = 2;

/** A part of the portfolio with every value, profit and share at the last prices. */
export function revalue(part: CurrencyPortfolio, scale: number, priceOf: PriceOf): CurrencyPortfolio {
  const units = (text: string) => toUnits(text, scale);
  const values = part.holdings.map((holding) => valueOf(holding, scale, priceOf));
  const total = values.reduce<bigint>((sum, value) => sum + (value ?? 0n), units(part.cash));
  const holdings = part.holdings.map((holding, index) => withValue(holding, values[index] ?? null, total, scale));
  const unrealised = holdings.reduce((sum, { unrealised_profit }) => sum + units(unrealised_profit ?? "0"), 0n);
  return { ...part, value: fromUnits(total, scale), unrealised_profit: fromUnits(unrealised, scale), holdings };
}

function valueOf(holding: Holding, scale: number, priceOf: PriceOf): bigint | null {
  const price = holding.symbol === null ? undefined : priceOf(holding.symbol);
  if (!price) return holding.value === null ? null : toUnits(holding.value, scale);
  const { spec, last } = price;
  const product = toUnits(last, spec.price_scale) * toUnits(holding.quantity, spec.base_scale);
  return (product * 10n ** BigInt(scale)) / 10n ** BigInt(spec.price_scale + spec.base_scale);
}

function withValue(holding: Holding, value: bigint | null, total: bigint, scale: number): Holding {
  if (value === null) return holding;
  const cost = toUnits(holding.cost, scale);
  const profit = value - cost;
  return {
    ...holding,
    value: fromUnits(value, scale),
    share_percent: percent(value, total),
    unrealised_profit: fromUnits(profit, scale),
    unrealised_percent: percent(profit, cost),
  };
}

/** `part` of `whole` in per cent with two decimals, halves away from zero; null of nothing. */
export function percent(part: bigint, whole: bigint): string | null {
  if (whole <= 0n) return null;
  const size = part < 0n ? -part : part;
  const rounded = (size * 20_000n + whole) / (2n * whole);
  return fromUnits(part < 0n ? -rounded : rounded, PERCENT_SCALE);
}
