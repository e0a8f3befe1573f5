import { describe, expect, it } from "vitest";
import { EVERYTHING, ledgerCsv, queryOf } from "./ledger-filter";

describe("the filter", () => {
  it("asks for everything when nothing is chosen", () => {
    expect(queryOf(EVERYTHING)).toEqual({});
  });
  it("includes the last day whole", () => {
    const { start, end } = queryOf({ ...EVERYTHING, asset: "KRW", from: "2026-03-01", to: "2026-03-01" });
    expect(start).toBe(new Date(2026, 2, 1).getTime());
    expect(end).toBe(new Date(2026, 2, 2).getTime());
  });
  it("passes over a day half typed", () => {
    expect(queryOf({ ...EVERYTHING, from: "2026-03" })).toEqual({});
  });
});

describe("the file", () => {
  it("has every number as the exchange sent it", () => {
    const entry = {
      entry_id: "f1",
      type: "trade" as const,
      asset: "KRW",
      amount: "-475187.475",
      balance_after: "1000",
      fee: "237.475",
      symbol: "BTC-KRW",
      trade_id: "7",
      order_id: "9",
      timestamp: 0,
      sequence: 1,
    };
    const [, line] = ledgerCsv(["a"], [entry]).split("\r\n");
    expect(line).toBe("1970-01-01 00:00:00.000,trade,KRW,-475187.475,237.475,1000,BTC-KRW,7,9");
  });
});
