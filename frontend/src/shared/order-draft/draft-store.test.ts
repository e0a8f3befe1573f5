import { beforeEach, expect, it } from "vitest";
import { forgetSizes, useDraft } from "./draft-store";

const form = () => useDraft.getState();

beforeEach(() => useDraft.setState(useDraft.getInitialState(), true));

it("a price of the book makes a limit order; its field groups the thousands", () => {
  form().change({ kind: "market" });
  form().fillPrice("137720000");
  expect(form()).toMatchObject({ kind: "limit", price: "137720000" });
});

it("a quantity of the book is one of the base asset", () => {
  form().change({ amountIn: "quote" });
  form().fillQuantity("1234.5");
  expect(form()).toMatchObject({ amountIn: "base", quantity: "1234.5" });
});

it("what the exchange refused is forgotten when the draft changes", () => {
  form().refuse({ field: "price", code: "PRICE_OFF_TICK" });
  form().change({ price: "1" });
  expect(form().refusal).toBeNull();
});

it("another symbol starts with empty numbers and the options as they were", () => {
  form().start("BTC-KRW");
  form().change({ price: "1", quantity: "2", postOnly: true, kind: "limit" });
  form().start("BTC-KRW");
  expect(form().price).toBe("1");
  form().start("AAPL");
  expect(form()).toMatchObject({ symbol: "AAPL", price: "", quantity: "", postOnly: true });
});

it("clearing keeps side and type", () => {
  form().setSide("sell");
  form().change({ price: "1", kind: "limit" });
  form().clear();
  expect(form()).toMatchObject({ side: "sell", price: "", touched: false });
});

it("a price of the book goes where the person was last", () => {
  form().change({ kind: "oco" });
  form().change({ triggerPrice: "1", priceField: "triggerPrice" });
  form().fillPrice("95000");
  expect(form()).toMatchObject({ kind: "oco", triggerPrice: "95000", price: "" });
  form().change({ kind: "limit" });
  form().fillPrice("96000");
  expect(form()).toMatchObject({ price: "96000", triggerPrice: "95000" });
});

it("a stop at market takes it as its trigger", () => {
  form().change({ kind: "stop" });
  form().fillPrice("95000");
  expect(form()).toMatchObject({ kind: "stop", triggerPrice: "95000", price: "" });
});

it("a bracket is a buy", () => {
  form().change({ kind: "bracket" });
  form().setSide("sell");
  expect(form()).toMatchObject({ side: "sell", kind: "limit" });
});

it("what bounds one order does not bound the next unseen", () => {
  form().change({ kind: "market", quantity: "1", cap: "95000", displayQuantity: "0.1", price: "1" });
  forgetSizes();
  expect(form()).toMatchObject({ quantity: "", cap: "", displayQuantity: "", price: "1" });
});
