import { expect, it } from "vitest";
import { AAPL, BTC } from "@/shared/market/test-symbols";
import { steppedPrice, steppedQuantity } from "./steps";

it.each([
  ["137000000", 1, "usual", "137001000"],
  ["137000500", -1, "least", "137000000"],
  ["137,000,000", 1, "large", "137010000"],
  ["", 1, "usual", null],
  ["1e5", 1, "usual", null],
] as const)("a price of %j, %i %s: %s", (typed, direction, size, next) =>
  expect(steppedPrice(BTC, typed, direction, size)).toBe(next),
);

it.each([
  ["0.12", 1, "usual", "0.13"],
  ["0,12", 1, "usual", "0.13"],
  ["0.120", 1, "usual", "0.121"],
  ["0.12", 1, "large", "0.22"],
  ["0.12", -1, "least", "0.11999999"],
  ["0.1", -1, "usual", "0.09"],
  ["05", 1, "usual", null],
] as const)("a quantity of %j, %i %s: %s", (typed, direction, size, next) =>
  expect(steppedQuantity(BTC, typed, direction, size)).toBe(next),
);

it("keeps the decimals of the market", () => {
  expect(steppedPrice(AAPL, "190.05", 1, "usual")).toBe("190.06");
  expect(steppedQuantity(AAPL, "10", 1, "usual")).toBe("11");
});
