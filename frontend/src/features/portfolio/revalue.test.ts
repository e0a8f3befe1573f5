import { describe, expect, it } from "vitest";
import type { SymbolTerms } from "@/shared/wire/types";
import { type CurrencyPortfolio, percent, revalue } from "./revalue";

const BTC = { symbol: "BTC-KRW", price_scale: 0, base_scale: 8 } as SymbolTerms;
const PART: CurrencyPortfolio = {
  currency: "KRW",
  value: "0",
  cash: "1000000.5",
  cost: "45000000",
  unrealised_profit: "0",
  realised_profit: "7",
  holdings: [
    {
      asset: "BTC",
      symbol: "BTC-KRW",
      quantity: "0.5",
      average_cost: "90000000",
      cost: "45000000",
      value: "1",
      share_percent: null,
      unrealised_profit: null,
      unrealised_percent: null,
      realised_profit: "7",
      fifo_average_cost: "80000000",
      fifo_cost: "40000000",
      fifo_unrealised_profit: null,
      fifo_unrealised_percent: null,
      fifo_realised_profit: "2",
      tax_lots: [],
      tax_lot_count: 1,
    },
  ],
  fifo_cost: "40000000",
  fifo_unrealised_profit: "0",
  fifo_realised_profit: "2",
  performance: null,
  history: [],
  rates: [],
};

describe("the portfolio at the last price", () => {
  it("values holdings, profit and shares to the last unit", () => {
    const now = revalue(PART, 8, () => ({ terms: BTC, last: "95000001" }));
    expect(now.value).toBe("48500001.00000000");
    expect(now.unrealised_profit).toBe("2500000.50000000");
    expect(now.holdings[0]).toMatchObject({
      value: "47500000.50000000",
      share_percent: "97.94",
      unrealised_percent: "5.56",
      fifo_unrealised_profit: "7500000.50000000",
      fifo_unrealised_percent: "18.75",
    });
    expect(now.fifo_unrealised_profit).toBe("7500000.50000000");
    expect(now.realised_profit).toBe("7");
  });
  it("keeps the server's value while a price is not known here", () => {
    expect(revalue(PART, 8, () => undefined).value).toBe("1000001.50000000");
  });
  it("rounds halves away from zero, as the server does", () => {
    expect([percent(1n, 8n), percent(-1n, 800n), percent(1n, 0n)]).toEqual(["12.50", "-0.13", null]);
  });
});
