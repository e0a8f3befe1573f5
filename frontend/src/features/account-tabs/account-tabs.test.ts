import { describe, expect, it, vi } from "vitest";
import { AAPL, BTC } from "@/shared/test-symbols";
import type { Fill, Order } from "@/shared/wire/api";
import { canAmend, orderValue, readAmendment } from "./amend";
import { addFill, averagePrice } from "./fill-sum";
import { merged } from "./history";
import { withPending } from "./use-rows";
import { NO_FILTERS, passes } from "./view-store";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

const ORDER: Order = {
  order_id: "7",
  client_order_id: "web-1",
  symbol: "BTC-KRW",
  side: "buy",
  order_type: "limit",
  time_in_force: "gtc",
  post_only: false,
  stp: "cancel_newest",
  price: "137000000",
  quantity: "0.5",
  quote_amount: null,
  filled_quantity: "0.2",
  remaining_quantity: "0.3",
  filled_amount: "27400000",
  average_price: "137000000",
  fee: "13700",
  fee_asset: "KRW",
  status: "partially_filled",
  reason: null,
  created_at: 1,
  updated_at: 2,
};

const amended = (order: Order, price: string, quantity: string, trigger = "") =>
  readAmendment(order, { price, quantity, trigger }, BTC);

describe("amending", () => {
  it.each([
    ["137,000,000", "0.5", { kind: "none" }],
    ["137,000,000", "0.4", { kind: "reduce", quantity: "0.4" }],
    ["137,000,000", "0.6", { kind: "replace", terms: { price: "137000000", quantity: "0.6" } }],
    ["136,999,000", "0.4", { kind: "replace", terms: { price: "136999000", quantity: "0.4" } }],
  ])("to %s × %s", (price, quantity, amendment) => {
    expect(amended(ORDER, price, quantity)).toEqual({ amendment, problem: null });
  });

  it("never below what is filled, nor off the tick, nor for too little", () => {
    expect(amended(ORDER, "137000000", "0.2").problem?.code).toBe("INVALID_REPLACE");
    expect(amended(ORDER, "137000500", "0.5").problem?.code).toBe("PRICE_OFF_TICK");
    expect(amended(ORDER, "137001000", "0.20000001").problem?.code).toBe("BELOW_MIN_NOTIONAL");
  });

  it("an order that waits may wait for another price", () => {
    const stop: Order = { ...ORDER, order_type: "stop", price: null, filled_quantity: "0", waiting: true, trigger_price: "130000000" };
    expect(canAmend(stop)).toBe(true);
    expect(amended(stop, "", "0.5", "131000000")).toEqual({
      amendment: { kind: "replace", terms: { quantity: "0.5", trigger_price: "131000000" } },
      problem: null,
    });
    expect(amended(stop, "", "0.4", "130000000").amendment).toEqual({ kind: "reduce", quantity: "0.4" });
    expect(amended(stop, "", "0.5", "130000500").problem).toMatchObject({ field: "triggerPrice", code: "PRICE_OFF_TICK" });
  });

  it("linked orders and orders by amount keep their terms", () => {
    expect(canAmend(ORDER)).toBe(true);
    expect(canAmend({ ...ORDER, linked_order_id: "8" })).toBe(false);
    expect(canAmend({ ...ORDER, quantity: null, quote_amount: "5000", waiting: true })).toBe(false);
  });

  it("the value of an order is exact", () => {
    expect(orderValue(ORDER, BTC)).toBe("68500000.00000000");
    expect(orderValue({ ...ORDER, price: null }, BTC)).toBeNull();
  });
});

describe("fills in a toast", () => {
  const fill = (price: string, quantity: string, amount: string) => ({ price, quantity, amount }) as Fill;

  it("add up to one quantity and one average", () => {
    const one = addFill(null, fill("190.05", "3", "570.15"), AAPL, 0);
    const two = addFill(one, fill("190.06", "1", "190.06"), AAPL, 1);
    expect(two).toMatchObject({ count: 2, quantityText: "4" });
    expect(averagePrice(two, AAPL)).toBe("190.05");
    expect(averagePrice(addFill(null, fill("137000000", "0.5", "68500000"), BTC, 0), BTC)).toBe("137000000");
  });
});

describe("rows", () => {
  it("the past and what came since, each once, the newer truth", () => {
    const rows = merged([{ id: "3", now: true }, { id: "2", now: true }], [{ id: "2", now: false }, { id: "1", now: false }], (row) => row.id);
    expect(rows.map((row) => `${row.id} ${row.now}`)).toEqual(["3 true", "2 true", "1 false"]);
  });

  it("sent orders stand first until the feed knows them", () => {
    const sent = (id: string) => ({ symbol: "BTC-KRW", side: "buy", order_type: "limit", client_order_id: id, sent_at: 9 }) as const;
    const rows = withPending([ORDER, { ...ORDER, order_id: "10", client_order_id: "web-3" }], [sent("web-1"), sent("web-2")]);
    expect(rows.map((row) => [row.order_id, row.client_order_id])).toEqual([["", "web-2"], ["10", "web-3"], ["7", "web-1"]]);
  });

  it("filters let through what fits all of them", () => {
    expect(passes(ORDER, NO_FILTERS, null)).toBe(true);
    expect(passes(ORDER, NO_FILTERS, "AAPL")).toBe(false);
    expect(passes(ORDER, { ...NO_FILTERS, symbol: " btc" }, null)).toBe(true);
    expect(passes(ORDER, { ...NO_FILTERS, side: "sell" }, null)).toBe(false);
    expect(passes(ORDER, { ...NO_FILTERS, status: "new" }, null)).toBe(false);
  });
});
