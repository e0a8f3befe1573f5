import { describe, expect, it } from "vitest";
import { AAPL, BTC } from "@/shared/test-symbols";
import { type Circumstances, type Draft, readDraft } from "./check";

const KRW = 10n ** 8n;
const DRAFT: Draft = {
  side: "buy",
  kind: "limit",
  price: "137,000,000",
  quantity: "0.01",
  quoteAmount: "",
  amountIn: "base",
  timeInForce: "gtc",
  postOnly: false,
};
const AROUND: Circumstances = {
  spec: BTC,
  makerRate: "0.0004",
  takerRate: "0.0005",
  available: 10_000_000n * KRW,
  bids: [[137_000_000n, 50_000_000n]],
  asks: [[137_001_000n, 50_000_000n], [140_000_000n, 50_000_000n]],
};
const read = (draft: Partial<Draft>, around: Partial<Circumstances> = {}) =>
  readDraft({ ...DRAFT, ...draft }, { ...AROUND, ...around });

describe("limit orders", () => {
  it("says value, fee and rate; a resting order pays as maker", () => {
    expect(read({})).toMatchObject({ total: 1_370_000n * KRW, fee: 548n * KRW, rate: "0.0004", problem: null, notice: null });
  });

  it("one that crosses pays as taker and says so", () => {
    expect(read({ price: "137,001,000" })).toMatchObject({ rate: "0.0005", notice: { code: "takesAtOnce" } });
  });

  it("warns of a slip of the finger", () => {
    expect(read({ price: "157,000,000" }).notice).toEqual({ code: "farFromMarket", values: { percent: "14" } });
    expect(read({ side: "sell", price: "13,700,000", quantity: "0.001" }, { available: KRW }).notice?.code).toBe("farFromMarket");
  });

  it.each<[string, Partial<Draft>, object]>([
    ["no price", { price: "" }, { field: "price", code: "MISSING_FIELD" }],
    ["no number", { price: "1.5" }, { field: "price", code: "INVALID_NUMBER" }],
    ["off the tick", { price: "137000500" }, { field: "price", code: "PRICE_OFF_TICK", values: { tick_size: "1000" } }],
    ["out of bounds", { price: "999" }, { field: "price", code: "PRICE_OUT_OF_BOUNDS" }],
    ["no quantity", { quantity: "" }, { field: "quantity", code: "MISSING_FIELD" }],
    ["nothing", { quantity: "0" }, { field: "quantity", code: "QUANTITY_OUT_OF_BOUNDS" }],
    ["too little worth", { quantity: "0.00001" }, { field: "quantity", code: "BELOW_MIN_NOTIONAL" }],
    ["post only that takes", { price: "137001000", postOnly: true }, { field: "price", code: "POST_ONLY_WOULD_TAKE" }],
    ["more than there is", { quantity: "1" }, { field: "quantity", code: "INSUFFICIENT_BALANCE" }],
  ])("%s", (_, draft, problem) => expect(read(draft).problem).toMatchObject(problem));

  it("holds the larger of both fees, as the engine does", () => {
    const exact = 1_370_000n * KRW + 685n * KRW;
    expect(read({}, { available: exact }).problem).toBeNull();
    expect(read({}, { available: exact - 1n }).problem?.code).toBe("INSUFFICIENT_BALANCE");
  });

  it("a sale needs the base asset", () => {
    expect(read({ side: "sell" }, { available: 1_000_000n }).problem).toBeNull();
    expect(read({ side: "sell" }, { available: 999_999n }).problem).toMatchObject({
      code: "INSUFFICIENT_BALANCE",
      values: { required: "0.01", available: "0.00999999", asset: "BTC" },
    });
  });

  it("a visitor has no balance to run out of", () => {
    expect(read({ quantity: "900" }, { available: null }).problem).toBeNull();
  });

  it("whole shares only", () => {
    expect(read({ price: "190.05", quantity: "1.5" }, { spec: AAPL }).problem?.code).toBe("INVALID_NUMBER");
  });
});

describe("market orders", () => {
  it("estimates from the levels it would meet", () => {
    expect(read({ kind: "market", side: "sell", quantity: "0.1" }, { available: KRW })).toMatchObject({
      total: 13_700_000n * KRW,
      fee: 6_850n * KRW,
      problem: null,
    });
  });

  it("warns when the average or the book is thin", () => {
    const rich = { available: 10n ** 18n };
    expect(read({ kind: "market", quantity: "0.9" }, rich).notice).toEqual({ code: "slips", values: { percent: "0.98" } });
    expect(read({ kind: "market", quantity: "2" }, rich).notice).toEqual({ code: "thinBook", values: { quantity: "1" } });
    expect(read({ kind: "market", quantity: "2" }, { ...rich, asks: [] }).notice).toEqual({ code: "emptyBook" });
  });

  it("an amount that empties the book says so", () => {
    const spend = { kind: "market", amountIn: "quote", quoteAmount: "500,000,000" } as const;
    expect(read(spend, { available: 10n ** 18n }).notice).toEqual({ code: "thinBook", values: { quantity: "1" } });
    expect(read({ ...spend, quoteAmount: "50,000,000" }, { available: 10n ** 18n }).notice).toBeNull();
  });

  it("an amount to spend includes the fee", () => {
    const spend = read({ kind: "market", amountIn: "quote", quoteAmount: "1,000,000" });
    expect(spend.problem).toBeNull();
    expect((spend.total ?? 0n) + (spend.fee ?? 0n)).toBeLessThanOrEqual(1_000_000n * KRW);
    expect(read({ kind: "market", amountIn: "quote", quoteAmount: "4999" }).problem?.code).toBe("BELOW_MIN_NOTIONAL");
    expect(read({ kind: "market", amountIn: "quote", quoteAmount: "10000001" }).problem).toMatchObject({
      field: "quoteAmount",
      code: "INSUFFICIENT_BALANCE",
    });
  });
});
