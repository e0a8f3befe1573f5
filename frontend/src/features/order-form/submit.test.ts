import { describe, expect, it, vi } from "vitest";
import { ApiFailure } from "@/shared/wire/api";
import { BTC } from "@/shared/test-symbols";
import type { Draft, Reading } from "./check";
import { orderOf, problemOf } from "./submit";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

const DRAFT: Draft = {
  side: "buy",
  kind: "limit",
  price: "137,000,000",
  quantity: "0.010",
  quoteAmount: "",
  amountIn: "base",
  timeInForce: "gtc",
  postOnly: true,
};
const READING: Reading = {
  price: 137_000_000n,
  quantity: 1_000_000n,
  quoteAmount: null,
  total: null,
  fee: null,
  rate: "0",
  problem: null,
  notice: null,
};

describe("the order of a draft", () => {
  it("has plain decimals and an id of its own", () => {
    const order = orderOf(DRAFT, "cancel_both", READING, BTC);
    expect(order).toMatchObject({
      symbol: "BTC-KRW",
      side: "buy",
      order_type: "limit",
      price: "137000000",
      quantity: "0.01",
      time_in_force: "gtc",
      post_only: true,
      stp: "cancel_both",
    });
    expect(order.client_order_id).toMatch(/^[A-Za-z0-9_.:-]{1,36}$/);
    expect(orderOf(DRAFT, "cancel_both", READING, BTC).client_order_id).not.toBe(order.client_order_id);
  });

  it("is post only when it may rest alone", () => {
    expect(orderOf({ ...DRAFT, timeInForce: "ioc" }, "cancel_newest", READING, BTC).post_only).toBe(false);
  });

  it("names an amount or a quantity, never both, and no price at market", () => {
    const market = { ...DRAFT, kind: "market" as const };
    const spend = orderOf(market, "cancel_newest", { ...READING, price: null, quoteAmount: 5_000n * 10n ** 8n }, BTC);
    expect(spend).toMatchObject({ quote_amount: "5000" });
    expect(Object.keys(spend)).not.toContain("quantity");
    expect(Object.keys(orderOf(market, "cancel_newest", READING, BTC))).not.toContain("price");
  });
});

describe("a refusal", () => {
  const order = orderOf(DRAFT, "cancel_newest", READING, BTC);

  it.each<[string, Record<string, unknown>, string]>([
    ["PRICE_OFF_TICK", { field: "price", tick_size: "1000" }, "price"],
    ["POST_ONLY_WOULD_TAKE", {}, "price"],
    ["INSUFFICIENT_BALANCE", { asset: "KRW", required: "1", available: "0" }, "quantity"],
    ["ACCOUNT_FROZEN", {}, "form"],
    ["SYMBOL_HALTED", { field: "symbol" }, "form"],
  ])("%s stands where it belongs", (code, details, field) => {
    expect(problemOf(new ApiFailure(code, 400, details), order)).toMatchObject({ field, code });
  });

  it("of an amount stands on the amount", () => {
    const failure = new ApiFailure("INSUFFICIENT_BALANCE", 422, {});
    expect(problemOf(failure, { ...order, quote_amount: "5000" }).field).toBe("quoteAmount");
  });

  it("of anything else is ours to say sorry for", () => {
    expect(problemOf(new TypeError("x"), order)).toEqual({ field: "form", code: "INTERNAL" });
  });
});
