import { expect, it } from "vitest";
import { byMethod } from "./cost-method";
import type { CurrencyPortfolio, Holding } from "./revalue";

const HOLDING = {
  asset: "BTC",
  cost: "10",
  average_cost: "5",
  unrealised_profit: "1",
  unrealised_percent: "10.00",
  realised_profit: "2",
  fifo_cost: "12",
  fifo_average_cost: "6",
  fifo_unrealised_profit: "-1",
  fifo_unrealised_percent: "-8.33",
  fifo_realised_profit: "4",
} as Holding;
const PART = {
  cost: "10",
  unrealised_profit: "1",
  realised_profit: "2",
  fifo_cost: "12",
  fifo_unrealised_profit: "-1",
  fifo_realised_profit: "4",
  holdings: [HOLDING],
} as CurrencyPortfolio;

it("shows every figure of cost and profit by the method", () => {
  expect(byMethod(PART, "average")).toBe(PART);
  const fifo = byMethod(PART, "fifo");
  expect([fifo.cost, fifo.unrealised_profit, fifo.realised_profit]).toEqual(["12", "-1", "4"]);
  expect(fifo.holdings[0]).toMatchObject({
    cost: "12",
    average_cost: "6",
    unrealised_profit: "-1",
    unrealised_percent: "-8.33",
    realised_profit: "4",
  });
});
