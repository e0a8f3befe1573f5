import { describe, expect, it } from "vitest";
import { AAPL, BTC } from "@/shared/market/test-symbols";
import { type Draft, EMPTY_DRAFT } from "@/shared/order-draft/draft";
import type { Circumstances } from "./order-rules";
import { readDraft } from "./read-draft";

const KRW = 10n ** 8n;
const DRAFT: Draft = { ...EMPTY_DRAFT, price: "137,000,000", quantity: "0.01" };
const AROUND: Circumstances = {
  terms: BTC,
  makerRate: "0.0004",
  takerRate: "0.0005",
  available: 10_000_000n * KRW,
  bids: [[137_000_000n, 50_000_000n]],
  asks: [
    [137_001_000n, 50_000_000n],
    [140_000_000n, 50_000_000n],
  ],
  last: 137_000_000n,
};
const read = (draft: Partial<Draft>, around: Partial<Circumstances> = {}) =>
  readDraft({ ...DRAFT, ...draft }, { ...AROUND, ...around });

describe("limit orders", () => {
  it("gives value, fee and rate; a resting order pays as maker", () => {
    expect(read({})).toMatchObject({
      total: 1_370_000n * KRW,
      fee: 548n * KRW,
      rate: "0.0004",
      problem: null,
      notice: null,
    });
  });

  it("one that crosses pays as taker, with a notice", () => {
    expect(read({ price: "137,001,000" })).toMatchObject({ rate: "0.0005", notice: { code: "takesAtOnce" } });
  });

  it("warns of a slip of the finger", () => {
    expect(read({ price: "157,000,000" }).notice).toEqual({
      code: "farFromMarket",
      values: { percent: "14" },
    });
    expect(
      read({ side: "sell", price: "13,700,000", quantity: "0.001" }, { available: KRW }).notice?.code,
    ).toBe("farFromMarket");
  });

  it.each<[string, Partial<Draft>, object]>([
    ["no price", { price: "" }, { field: "price", code: "MISSING_FIELD" }],
    ["no number", { price: "1.5" }, { field: "price", code: "INVALID_NUMBER" }],
    [
      "off the tick",
      { price: "137000500" },
      { field: "price", code: "PRICE_OFF_TICK", values: { tick_size: "1000" } },
    ],
    ["out of bounds", { price: "999" }, { field: "price", code: "PRICE_OUT_OF_BOUNDS" }],
    ["no quantity", { quantity: "" }, { field: "quantity", code: "MISSING_FIELD" }],
    ["nothing", { quantity: "0" }, { field: "quantity", code: "QUANTITY_OUT_OF_BOUNDS" }],
    ["too little worth", { quantity: "0.00001" }, { field: "quantity", code: "BELOW_MIN_NOTIONAL" }],
    [
      "post only that takes",
      { price: "137001000", postOnly: true },
      { field: "price", code: "POST_ONLY_WOULD_TAKE" },
    ],
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
    expect(read({ price: "190.05", quantity: "1.5" }, { terms: AAPL }).problem?.code).toBe("INVALID_NUMBER");
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
    expect(read({ kind: "market", quantity: "0.9" }, rich).notice).toEqual({
      code: "slips",
      values: { percent: "0.98" },
    });
    expect(read({ kind: "market", quantity: "2" }, rich).notice).toEqual({
      code: "thinBook",
      values: { quantity: "1" },
    });
    expect(read({ kind: "market", quantity: "2" }, { ...rich, asks: [] }).notice).toEqual({
      code: "emptyBook",
    });
  });

  it("an amount that empties the book gets a notice", () => {
    const spend = { kind: "market", amountIn: "quote", quoteAmount: "500,000,000" } as const;
    expect(read(spend, { available: 10n ** 18n }).notice).toEqual({
      code: "thinBook",
      values: { quantity: "1" },
    });
    expect(read({ ...spend, quoteAmount: "50,000,000" }, { available: 10n ** 18n }).notice).toBeNull();
  });

  it("an amount to spend includes the fee", () => {
    const spend = read({ kind: "market", amountIn: "quote", quoteAmount: "1,000,000" });
    expect(spend.problem).toBeNull();
    expect((spend.total ?? 0n) + (spend.fee ?? 0n)).toBeLessThanOrEqual(1_000_000n * KRW);
    expect(read({ kind: "market", amountIn: "quote", quoteAmount: "4999" }).problem?.code).toBe(
      "BELOW_MIN_NOTIONAL",
    );
    expect(read({ kind: "market", amountIn: "quote", quoteAmount: "10000001" }).problem).toMatchObject({
      field: "quoteAmount",
      code: "INSUFFICIENT_BALANCE",
    });
  });
});

describe("orders that wait for a price", () => {
  const stop = { kind: "stop", side: "sell", triggerPrice: "130,000,000" } as const;

  it.each<[string, Partial<Draft>, string | null]>([
    ["a sell stop below", stop, null],
    ["a sell stop at the last price", { ...stop, triggerPrice: "137000000" }, "TRIGGER_WOULD_FIRE"],
    ["a sell stop above", { ...stop, triggerPrice: "138000000" }, "TRIGGER_WOULD_FIRE"],
    ["which may fire at once", { ...stop, triggerPrice: "138000000", fireIfMet: true }, null],
    ["a sell take-profit above", { ...stop, kind: "take_profit", triggerPrice: "138000000" }, null],
    ["a sell take-profit below", { ...stop, kind: "take_profit" }, "TRIGGER_WOULD_FIRE"],
    ["a buy stop below", { ...stop, side: "buy", cap: "140000000" }, "TRIGGER_WOULD_FIRE"],
    ["a buy stop above", { ...stop, side: "buy", triggerPrice: "139000000", cap: "140000000" }, null],
    ["a buy take-profit below", { ...stop, kind: "take_profit", side: "buy", cap: "131000000" }, null],
    ["a buy that names no worst price", { ...stop, side: "buy", triggerPrice: "139000000" }, "MISSING_FIELD"],
    [
      "a buy for an amount",
      { ...stop, side: "buy", triggerPrice: "139000000", amountIn: "quote", quoteAmount: "50000" },
      null,
    ],
    ["a trigger off the tick", { ...stop, triggerPrice: "130000500" }, "PRICE_OFF_TICK"],
    ["no trigger", { ...stop, triggerPrice: "" }, "MISSING_FIELD"],
  ])("%s", (_, draft, code) => expect(read(draft).problem?.code ?? null).toBe(code));

  it("the quote may be watched instead: a sell watches the bid, a buy the ask", () => {
    const around = { last: 120_000_000n };
    expect(read({ ...stop, triggerSource: "last" }, around).problem?.code).toBe("TRIGGER_WOULD_FIRE");
    expect(read({ ...stop, triggerSource: "quote" }, around).problem).toBeNull();
    expect(read({ ...stop, triggerSource: "quote", triggerPrice: "137,000,000" }, around).problem?.code).toBe(
      "TRIGGER_WOULD_FIRE",
    );
  });

  it("without a price to watch a stop waits, and a trailing stop cannot", () => {
    expect(read(stop, { last: null }).problem).toBeNull();
    expect(
      read({ kind: "trailing_stop", side: "sell", trailPercent: "1.5" }, { last: null }).problem?.code,
    ).toBe("NO_REFERENCE_PRICE");
  });

  it.each([
    [{ trailPercent: "1.5" }, null],
    [{ trailPercent: "100" }, "TRAIL_OUT_OF_BOUNDS"],
    [{ trailPercent: "0" }, "TRAIL_OUT_OF_BOUNDS"],
    [{ trailPercent: "0.00001" }, "INVALID_NUMBER"],
    [{ trailBy: "offset", trailOffset: "500000" }, null],
    [{ trailBy: "offset", trailOffset: "137000000" }, "TRAIL_OUT_OF_BOUNDS"],
    [{ trailBy: "offset", trailOffset: "" }, "MISSING_FIELD"],
  ] as const)("a trailing sell %o", (draft, code) => {
    expect(read({ kind: "trailing_stop", side: "sell", ...draft }).problem?.code ?? null).toBe(code);
  });

  it("a buy holds its worst price with the fee, or its amount", () => {
    const buy = { ...stop, side: "buy", triggerPrice: "139000000" } as const;
    expect(read({ ...buy, cap: "140000000" }).hold).toBe(1_400_000n * KRW + 700n * KRW);
    expect(read({ ...buy, amountIn: "quote", quoteAmount: "50000" }).hold).toBe(50_000n * KRW);
    expect(read({ ...buy, cap: "140000000" }, { available: 1_400_000n * KRW }).problem?.code).toBe(
      "INSUFFICIENT_BALANCE",
    );
  });
});

describe("linked orders", () => {
  const oco = { kind: "oco", side: "sell", price: "140,000,000", triggerPrice: "130,000,000" } as const;
  const bracket = { kind: "bracket", takeProfitPrice: "150000000", stopPrice: "130000000" } as const;

  it("an OCO sell needs no price for its stop, a buy does", () => {
    expect(read(oco).problem).toBeNull();
    const buy = { ...oco, side: "buy", price: "130000000", triggerPrice: "140000000" } as const;
    expect(read(buy).problem).toMatchObject({ field: "stopLimitPrice", code: "MISSING_FIELD" });
    expect(read({ ...buy, stopLimitPrice: "141000000" }).problem).toBeNull();
  });

  it("an OCO buy holds the larger of its two needs", () => {
    const buy = {
      ...oco,
      side: "buy",
      price: "130000000",
      triggerPrice: "140000000",
      stopLimitPrice: "141000000",
    } as const;
    expect(read(buy).hold).toBe(1_410_000n * KRW + 705n * KRW);
  });

  it("never fires its stop at entry, whatever was chosen for other kinds", () => {
    expect(read({ ...oco, triggerPrice: "138000000", fireIfMet: true }).problem?.code).toBe(
      "TRIGGER_WOULD_FIRE",
    );
  });

  it("a bracket's exits stand apart", () => {
    expect(read(bracket).problem).toBeNull();
    expect(read({ ...bracket, takeProfitPrice: "130000000" }).problem).toMatchObject({
      field: "takeProfitPrice",
      code: "EXITS_CROSSED",
    });
    expect(read({ ...bracket, stopLimitPrice: "129000500" }).problem).toMatchObject({
      field: "stopLimitPrice",
      code: "PRICE_OFF_TICK",
    });
    expect(read({ ...bracket, entryAt: "market", price: "" }).problem).toBeNull();
  });
});

describe("an order that triggers two", () => {
  const prices = { takeProfitPrice: "150000000", stopPrice: "130000000" };
  const otoco = { kind: "otoco", ...prices } as const;

  it("leaves a purchase by exits that stand apart, the stop at market or not", () => {
    expect(read(otoco).problem).toBeNull();
    expect(read({ ...otoco, takeProfitPrice: "130000000" }).problem?.code).toBe("EXITS_CROSSED");
  });

  it("leaves a sale the other way round, and names the worst price of its stop", () => {
    const sale = { ...otoco, side: "sell", takeProfitPrice: "120000000", stopPrice: "150000000" } as const;
    expect(read(sale).problem).toMatchObject({ field: "stopLimitPrice", code: "MISSING_FIELD" });
    expect(read({ ...sale, stopLimitPrice: "151000000" }).problem).toBeNull();
    const crossed = { ...sale, ...prices, stopLimitPrice: "151000000" } as const;
    expect(read(crossed).problem?.code).toBe("BUY_EXITS_CROSSED");
  });
});

describe("a pegged order", () => {
  const pegged = { kind: "pegged", price: "140,000,000" } as const;

  it.each([
    ["mid", "", null],
    ["primary", "0", null],
    ["mid", "1000", null],
    ["mid", "x", "INVALID_NUMBER"],
    ["market", "", "MISSING_FIELD"],
    ["market", "0", "PRICE_OUT_OF_BOUNDS"],
    ["market", "1", null],
    ["mid", "999999999999999", "PRICE_OUT_OF_BOUNDS"],
  ] as const)("that follows %s at a distance of %s", (peg, pegOffset, code) => {
    expect(read({ ...pegged, peg, pegOffset }).problem?.code ?? null).toBe(code);
  });

  it("never takes, whatever its limit", () => {
    expect(read(pegged)).toMatchObject({ notice: null, rate: AROUND.makerRate });
  });

  it.each([
    ["post_only", "SYMBOL_POST_ONLY"],
    ["opening_auction", "SYMBOL_IN_AUCTION"],
  ])("does not enter in %s", (status, code) => {
    const terms = { ...AROUND.terms, status } as typeof AROUND.terms;
    expect(readDraft({ ...DRAFT, ...pegged }, { ...AROUND, terms }).problem?.code).toBe(code);
  });
});

describe("options", () => {
  it.each([
    ["0.005", null],
    ["0.01", "DISPLAY_OUT_OF_BOUNDS"],
    ["0", "DISPLAY_OUT_OF_BOUNDS"],
    ["x", "INVALID_NUMBER"],
  ])("an iceberg that shows %s of 0.01", (displayQuantity, code) => {
    expect(read({ displayQuantity }).problem?.code ?? null).toBe(code);
  });

  it("an iceberg has to stay: of an IOC order the figure is not read", () => {
    expect(read({ displayQuantity: "5", timeInForce: "ioc" }).problem).toBeNull();
  });

  it("a date lies in the future", () => {
    const now = new Date("2026-11-22T12:00:00").getTime();
    const until = (expireDay: string, expireTime: string) =>
      readDraft({ ...DRAFT, timeInForce: "gtd", expireDay, expireTime }, AROUND, now).problem?.code ?? null;
    expect(until("2026-11-22", "12:01")).toBeNull();
    expect(until("2026-11-22", "12:00")).toBe("INVALID_EXPIRY");
    expect(until("2026-11-23", "25:00")).toBe("INVALID_EXPIRY");
    expect(until("", "12:00")).toBe("MISSING_FIELD");
  });

  it("a post-only order that may be moved is not stopped at the price", () => {
    expect(read({ price: "137001000", postOnly: true, reprice: true }).problem).toBeNull();
  });

  it("a market order with a limit of its own goes no further", () => {
    const rich = { available: 10n ** 18n };
    expect(read({ kind: "market", quantity: "0.9", cap: "138000000" }, rich)).toMatchObject({
      total: 68_500_500n * KRW,
      notice: { code: "thinBook", values: { quantity: "0.5" } },
    });
  });

  it("nor further than the collar", () => {
    const around = { available: 10n ** 18n, terms: { ...BTC, price_collar_percent: "2" } };
    expect(read({ kind: "market", quantity: "0.9" }, around).notice?.code).toBe("thinBook");
  });

  it("a market sell for an amount sells whole lots worth no more", () => {
    const sale = read(
      { kind: "market", side: "sell", amountIn: "quote", quoteAmount: "1000000" },
      { available: KRW },
    );
    expect(sale.problem).toBeNull();
    expect(sale.total!).toBeLessThanOrEqual(1_000_000n * KRW);
    expect(sale.total! + 137_000_000n).toBeGreaterThan(1_000_000n * KRW);
    expect(
      read({ kind: "market", side: "sell", amountIn: "quote", quoteAmount: "1000000" }, { available: 1n })
        .problem?.code,
    ).toBe("INSUFFICIENT_BALANCE");
  });

  it("an order may be worth too much", () => {
    expect(read({}, { terms: { ...BTC, max_notional: "1000000" } }).problem?.code).toBe("ABOVE_MAX_NOTIONAL");
  });
});

describe("what the market's state lets in", () => {
  const inAuction = { terms: { ...BTC, status: "volatility_auction" as const } };
  const postOnly = { terms: { ...BTC, status: "post_only" as const } };

  it.each<[string, Partial<Draft>, Partial<Circumstances>, string | null]>([
    ["a limit order gathers, also one that would cross", { price: "138000000" }, inAuction, null],
    ["a day order gathers", { timeInForce: "day" }, inAuction, null],
    ["IOC does not", { timeInForce: "ioc" }, inAuction, "SYMBOL_IN_AUCTION"],
    ["nor a market order", { kind: "market" }, inAuction, "SYMBOL_IN_AUCTION"],
    ["nor post-only", { postOnly: true }, inAuction, "SYMBOL_IN_AUCTION"],
    ["a stop enters", { kind: "stop", side: "sell", triggerPrice: "130000000" }, inAuction, null],
    ["post-only alone", {}, postOnly, "SYMBOL_POST_ONLY"],
    ["enters in post-only", { postOnly: true }, postOnly, null],
  ])("%s", (_, draft, around, code) => expect(read(draft, around).problem?.code ?? null).toBe(code));
});
