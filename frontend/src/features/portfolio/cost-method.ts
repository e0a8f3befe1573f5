// Average cost or FIFO: the same fields of a holding and of its sums, by either.

import type { CurrencyPortfolio, Holding } from "./revalue";

export type Method = "average" | "fifo";
export const METHODS: readonly Method[] = ["average", "fifo"];

/** A part whose figures of cost and profit are those of a method. */
export function byMethod(part: CurrencyPortfolio, method: Method): CurrencyPortfolio {
  if (method === "average") return part;
  return {
    ...part,
    cost: part.fifo_cost,
    unrealised_profit: part.fifo_unrealised_profit,
    realised_profit: part.fifo_realised_profit,
    holdings: part.holdings.map(fifo),
  };
}

function fifo(holding: Holding): Holding {
  return {
    ...holding,
    average_cost: holding.fifo_average_cost,
    cost: holding.fifo_cost,
    unrealised_profit: holding.fifo_unrealised_profit,
    unrealised_percent: holding.fifo_unrealised_percent,
    realised_profit: holding.fifo_realised_profit,
  };
}
