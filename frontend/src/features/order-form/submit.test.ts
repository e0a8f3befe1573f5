import { describe, expect, it, vi } from "vitest";
import { BTC } from "@/shared/market/test-symbols";
import { type Draft, EMPTY_DRAFT } from "@/shared/order-draft/draft";
import { ApiFailure } from "@/shared/wire/api";
import { type NewOrder, ordersOf } from "@/shared/wire/trading";
import type { Reading } from "./read-draft";
import { problemOf, type Standing, ticketOf } from "./submit";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

const DRAFT: Draft = { ...EMPTY_DRAFT, price: "137,000,000", quantity: "0.010", postOnly: true };
const READING: Reading = {
  price: 137_000_000n,
  quantity: 1_000_000n,
  quoteAmount: null,
  total: null,
  fee: null,
  rate: "0",
  hold: null,
  problem: null,
  notice: null,
};

const STANDING: Standing = { stp: "cancel_newest", cancelOnDisconnect: false };

function orderOf(
  draft: Partial<Draft>,
  stp: Standing["stp"] = "cancel_newest",
  reading: Partial<Reading> = {},
): NewOrder {
  const ticket = ticketOf({ ...DRAFT, ...draft }, { ...STANDING, stp }, { ...READING, ...reading }, BTC);
  if (ticket.op !== "order.place") throw new Error(ticket.op);
  return ticket.order;
}

describe("the order of a draft", () => {
  it("has plain decimals and an id of its own", () => {
    const order = orderOf({}, "cancel_both");
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
    expect(orderOf({}).client_order_id).not.toBe(order.client_order_id);
  });

  it("is post only when it may rest alone", () => {
    expect(orderOf({ timeInForce: "ioc" })).not.toHaveProperty("post_only");
    expect(orderOf({ reprice: true })).toMatchObject({ post_only: true, post_only_mode: "reprice" });
  });

  it("names an amount or a quantity, never both, and no price at market", () => {
    const spend = orderOf({ kind: "market" }, "cancel_newest", {
      price: null,
      quoteAmount: 5_000n * 10n ** 8n,
    });
    expect(spend).toMatchObject({ quote_amount: "5000" });
    expect(spend).not.toHaveProperty("quantity");
    expect(orderOf({ kind: "market" })).not.toHaveProperty("price");
    expect(orderOf({ kind: "market", cap: "138,000,000" })).toMatchObject({
      price: "138000000",
      time_in_force: "ioc",
    });
  });

  it("has only the fields of its kind", () => {
    const typed = {
      triggerPrice: "130,000,000",
      trailPercent: "1.5",
      displayQuantity: "0.005",
      cap: "1,000",
      fireIfMet: true,
    } as const;
    expect(
      Object.keys(orderOf(typed)).filter((name) => name.startsWith("trigger") || name.startsWith("trail")),
    ).toEqual([]);
    expect(orderOf(typed)).toMatchObject({ display_quantity: "0.005" });
    const stop = orderOf({ ...typed, kind: "stop_limit" });
    expect(stop).toMatchObject({
      trigger_price: "130000000",
      trigger_source: "last",
      trigger_if_met: "trigger",
      price: "137000000",
    });
    expect(stop).not.toHaveProperty("post_only");
    const trailing = orderOf({ ...typed, kind: "trailing_stop", side: "sell", cap: "" });
    expect(trailing).toMatchObject({ trail_percent: "1.5", trigger_source: "last" });
    for (const name of ["trigger_price", "trigger_if_met", "trail_offset", "price", "display_quantity"])
      expect(trailing).not.toHaveProperty(name);
  });

  it("names when it ends", () => {
    const order = orderOf({ timeInForce: "gtd", expireDay: "2030-01-02", expireTime: "3:04" });
    expect(order.expire_at).toBe(new Date(2030, 0, 2, 3, 4).getTime());
  });
});

it("a pegged order says what it follows and how far away it stays", () => {
  const order = orderOf({ kind: "pegged", peg: "market", pegOffset: "1,000", displayQuantity: "0.001" });
  expect(order).toMatchObject({
    order_type: "pegged",
    price: "137000000",
    peg: "market",
    peg_offset: "1000",
  });
  expect(order).not.toHaveProperty("display_quantity");
  expect(order).not.toHaveProperty("post_only");
  expect(orderOf({ kind: "pegged" })).not.toHaveProperty("peg_offset");
});

it("an order ends with its connection only where that was chosen", () => {
  const placed = (cancelOnDisconnect: boolean) =>
    ticketOf(DRAFT, { ...STANDING, cancelOnDisconnect }, READING, BTC);
  expect(placed(true)).toMatchObject({ order: { cancel_on_disconnect: true } });
  expect(placed(false)).not.toHaveProperty("order.cancel_on_disconnect");
});

describe("linked orders", () => {
  it("an OCO is a limit order and a stop with ids of their own", () => {
    const ticket = ticketOf(
      { ...DRAFT, kind: "oco", side: "sell", triggerPrice: "130000000" },
      STANDING,
      READING,
      BTC,
    );
    if (ticket.op !== "order.oco") throw new Error(ticket.op);
    expect(ticket.first).toMatchObject({ order_type: "limit", price: "137000000", quantity: "0.01" });
    expect(ticket.second).toMatchObject({ order_type: "stop", trigger_price: "130000000", quantity: "0.01" });
    expect(ticket.second).not.toHaveProperty("price");
    expect(ticket.first.client_order_id).not.toBe(ticket.second.client_order_id);
  });

  it("one that triggers two is a limit order and the two legs of an OCO of the other side", () => {
    const draft = { ...DRAFT, kind: "otoco", takeProfitPrice: "150000000", stopPrice: "130000000" } as const;
    const ticket = ticketOf(draft, STANDING, READING, BTC);
    if (ticket.op !== "order.otoco") throw new Error(ticket.op);
    expect(ticket.working).toMatchObject({ side: "buy", order_type: "limit", price: "137000000" });
    expect(ticket.first).toMatchObject({ side: "sell", order_type: "limit", price: "150000000" });
    expect(ticket.second).toMatchObject({ side: "sell", order_type: "stop", trigger_price: "130000000" });
    expect(ticket.second).not.toHaveProperty("price");
    expect(new Set(ordersOf(ticket).map((order) => order.client_order_id)).size).toBe(3);
    const limited = ticketOf({ ...draft, stopLimitPrice: "129000000" }, STANDING, READING, BTC);
    expect(limited).toMatchObject({ second: { order_type: "stop_limit", price: "129000000" } });
  });

  it("a bracket names both exits", () => {
    const draft = {
      ...DRAFT,
      kind: "bracket",
      takeProfitPrice: "150000000",
      stopPrice: "130000000",
    } as const;
    expect(ticketOf(draft, STANDING, READING, BTC)).toMatchObject({
      op: "order.bracket",
      entry: { order_type: "limit", price: "137000000" },
      take_profit_price: "150000000",
      stop_price: "130000000",
    });
    expect(ticketOf(draft, STANDING, READING, BTC)).not.toHaveProperty("stop_limit_price");
  });
});

describe("a refusal", () => {
  const refused = (failure: unknown, draft: Partial<Draft> = {}, reading: Partial<Reading> = {}) => {
    const whole = { ...DRAFT, ...draft };
    return problemOf(failure, whole, ticketOf(whole, STANDING, { ...READING, ...reading }, BTC));
  };

  it.each<[string, Record<string, unknown>, string]>([
    ["PRICE_OFF_TICK", { field: "price", tick_size: "1000" }, "price"],
    ["POST_ONLY_WOULD_TAKE", {}, "price"],
    ["INSUFFICIENT_BALANCE", { asset: "KRW", required: "1", available: "0" }, "quantity"],
    ["ACCOUNT_FROZEN", {}, "form"],
    ["SYMBOL_HALTED", { field: "symbol" }, "form"],
  ])("%s stands where it belongs", (code, details, field) => {
    expect(refused(new ApiFailure(code, 400, details))).toMatchObject({ field, code });
  });

  it("of an amount stands on the amount", () => {
    const failure = new ApiFailure("INSUFFICIENT_BALANCE", 422, {});
    expect(refused(failure, { kind: "market" }, { quoteAmount: 5_000n }).field).toBe("quoteAmount");
  });

  it("of anything else is a fault of the page", () => {
    expect(refused(new TypeError("x"))).toEqual({ field: "form", code: "INTERNAL" });
  });

  it("of a leg stands where the leg was typed", () => {
    const failure = (field: string) => new ApiFailure("PRICE_OUT_OF_BAND", 422, { field });
    expect(refused(failure("second.price"), { kind: "oco" }).field).toBe("stopLimitPrice");
    expect(refused(failure("first.price"), { kind: "oco" }).field).toBe("price");
    expect(refused(failure("entry.price"), { kind: "bracket" }).field).toBe("price");
    expect(refused(failure("first.price"), { kind: "otoco" }).field).toBe("takeProfitPrice");
    expect(refused(failure("second.trigger_price"), { kind: "otoco" }).field).toBe("stopPrice");
    expect(refused(failure("price"), { kind: "stop" }).field).toBe("cap");
    expect(refused(new ApiFailure("TRIGGER_WOULD_FIRE", 422), { kind: "bracket" }).field).toBe("stopPrice");
  });
});
