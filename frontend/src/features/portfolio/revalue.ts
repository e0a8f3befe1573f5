// The portfolio at the prices of this moment: what the server folded, valued again as trades happen.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Schemas } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";

export type CurrencyPortfolio = Schemas["CurrencyPortfolio"];
export type Holding = Schemas["Holding"];

/** The last price of a symbol, and its terms; nothing when it is not known here. */
export type PriceOf = (symbol: string) => { terms: SymbolTerms; last: string } | undefined;

const PERCENT_SCALE = 2;

/** A part of the portfolio with every value, profit and share at the last prices. */
export function revalue(part: CurrencyPortfolio, scale: number, priceOf: PriceOf): CurrencyPortfolio {
  const units = (text: string) => toUnits(text, scale);
  const values = part.holdings.map((holding) => holdingValue(holding, scale, priceOf));
  const total = values.reduce<bigint>((sum, value) => sum + (value ?? 0n), units(part.cash));
  const holdings = part.holdings.map((holding, index) =>
    withValue(holding, values[index] ?? null, total, scale),
  );
  const sum = (figure: (holding: Holding) => string | null) =>
    fromUnits(
      holdings.reduce((total, holding) => total + units(figure(holding) ?? "0"), 0n),
      scale,
    );
  return {
    ...part,
    value: fromUnits(total, scale),
    unrealised_profit: sum((holding) => holding.unrealised_profit),
    fifo_unrealised_profit: sum((holding) => holding.fifo_unrealised_profit),
    holdings,
  };
}

function holdingValue(holding: Holding, scale: number, priceOf: PriceOf): bigint | null {
  const price = holding.symbol === null ? undefined : priceOf(holding.symbol);
  if (!price) return holding.value === null ? null : toUnits(holding.value, scale);
  const { terms, last } = price;
  const product = toUnits(last, terms.price_scale) * toUnits(holding.quantity, terms.base_scale);
  return (product * 10n ** BigInt(scale)) / 10n ** BigInt(terms.price_scale + terms.base_scale);
}

function withValue(holding: Holding, value: bigint | null, total: bigint, scale: number): Holding {
  if (value === null) return holding;
  const known = { ...holding, value: fromUnits(value, scale), share_percent: percent(value, total) };
  const average = gainOn(holding.cost, value, scale);
  const fifo = gainOn(holding.fifo_cost, value, scale);
  return {
    ...known,
    ...(average && { unrealised_profit: average.profit, unrealised_percent: average.percent }),
    ...(fifo && { fifo_unrealised_profit: fifo.profit, fifo_unrealised_percent: fifo.percent }),
  };
}

/** What a value is above its cost; nothing while the cost is not known. */
function gainOn(text: string | null, value: bigint, scale: number) {
  if (text === null) return null;
  const cost = toUnits(text, scale);
  return { profit: fromUnits(value - cost, scale), percent: percent(value - cost, cost) };
}

/** `part` of `whole` in per cent with two decimals, halves away from zero; null of nothing. */
export function percent(part: bigint, whole: bigint): string | null {
  if (whole <= 0n) return null;
  const size = part < 0n ? -part : part;
  const rounded = (size * 20_000n + whole) / (2n * whole);
  return fromUnits(part < 0n ? -rounded : rounded, PERCENT_SCALE);
}
