import { describe, expect, it } from "vitest";
import { BTC } from "@/shared/market/test-symbols";
import type { Order } from "@/shared/wire/api";
import { canAmend, orderValue, readAmendment } from "./amend";
import { ORDER } from "./test-order";

const amended = (order: Order, price: string, quantity: string, trigger = "") =>
  readAmendment(order, { price, quantity, trigger }, BTC);

describe("amending", () => {
  it.each([
    ["137,000,000", "0.5", { kind: "none" }],
    ["137,000,000", "0.4", { kind: "reduce", quantity: "0.4" }],
    ["137,000,000", "0.6", { kind: "replace", change: { price: "137000000", quantity: "0.6" } }],
    ["136,999,000", "0.4", { kind: "replace", change: { price: "136999000", quantity: "0.4" } }],
  ])("to %s × %s", (price, quantity, amendment) => {
    expect(amended(ORDER, price, quantity)).toEqual({ amendment, problem: null });
  });

  it("to what is filled or below, which ends it, whatever the rest would be worth", () => {
    for (const quantity of ["0.2", "0.1"])
      expect(amended(ORDER, "137000000", quantity)).toEqual({
        amendment: { kind: "reduce", quantity },
        problem: null,
      });
    expect(amended(ORDER, "136000000", "0.2").amendment.kind).toBe("replace");
  });

  it("what self-trade prevention took off is no part of what is left", () => {
    const prevented = { ...ORDER, prevented_quantity: "0.29999999" };
    expect(amended(prevented, "137001000", "0.5").problem?.code).toBe("BELOW_MIN_NOTIONAL");
  });

  it("never off the tick, nor for too little", () => {
    expect(amended(ORDER, "137000500", "0.5").problem?.code).toBe("PRICE_OFF_TICK");
    expect(amended(ORDER, "137001000", "0.20000001").problem?.code).toBe("BELOW_MIN_NOTIONAL");
  });

  it("what was not changed is sent as it stands, whatever the tick and the lot are now (attack W1)", () => {
    const coarse = { ...BTC, tick_bands: [{ from_price: "0", tick_size: "500000" }], lot_size: "0.3" };
    const off = { ...ORDER, price: "137100000", quantity: "0.5" };
    const read = (price: string, quantity: string) =>
      readAmendment(off, { price, quantity, trigger: "" }, coarse);
    expect(read("137100000", "0.5")).toEqual({ amendment: { kind: "none" }, problem: null });
    expect(read("137100000", "0.3")).toEqual({
      amendment: { kind: "reduce", quantity: "0.3" },
      problem: null,
    });
    expect(read("137100000", "0.6")).toEqual({
      amendment: { kind: "replace", change: { price: "137100000", quantity: "0.6" } },
      problem: null,
    });
    expect(read("138000000", "0.5").amendment).toMatchObject({ kind: "replace" });
    expect(read("138100000", "0.5").problem?.code).toBe("PRICE_OFF_TICK");
    expect(read("137100000", "0.4").problem?.code).toBe("QUANTITY_OFF_LOT");
  });

  it("a typed comma is the decimal sign or refused (attack B2)", () => {
    expect(amended(ORDER, "137000000", "0,4").amendment).toEqual({ kind: "reduce", quantity: "0.4" });
    expect(amended(ORDER, "137000000", "0025").problem?.code).toBe("INVALID_NUMBER");
  });

  it("an order that waits may wait for another price", () => {
    const stop: Order = {
      ...ORDER,
      order_type: "stop",
      price: null,
      filled_quantity: "0",
      waiting: true,
      trigger_price: "130000000",
    };
    expect(canAmend(stop)).toBe(true);
    expect(amended(stop, "", "0.5", "131000000")).toEqual({
      amendment: { kind: "replace", change: { quantity: "0.5", trigger_price: "131000000" } },
      problem: null,
    });
    expect(amended(stop, "", "0.4", "130000000").amendment).toEqual({ kind: "reduce", quantity: "0.4" });
    expect(amended(stop, "", "0.5", "130000500").problem).toMatchObject({
      field: "triggerPrice",
      code: "PRICE_OFF_TICK",
    });
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
