import { describe, expect, it } from "vitest";
import { priceDigits, priceStep } from "./price-series";

/** What the library makes of a base: it divides by ten until one is left, and throws where that fails. */
function isPowerOfTen(base: number): boolean {
  let rest = Math.round(base);
  while (rest > 1 && rest % 10 === 0) rest /= 10;
  return rest === 1;
}

describe("prices as the chart library takes them", () => {
  it.each(Array.from({ length: 19 }, (_, scale) => scale))("a step of %i decimals", (scale) => {
    const { base, minMove } = priceStep(scale);
    expect(isPowerOfTen(base)).toBe(true);
    expect(minMove).toBeGreaterThan(0);
    expect(base * minMove).toBeCloseTo(1, 12);
  });

  it.each([
    [137720000, 0, "137720000"],
    [190.05, 2, "190.05"],
    [1.1, 18, "1.100000000000000000"],
    [0.000000000000000005, 18, "0.000000000000000005"],
    [0.00001236, 8, "0.00001236"],
    [123456789.25, 18, "123456789.250000000000000000"],
    [0, 18, "0.000000000000000000"],
    [-1.5, 2, "-1.50"],
  ])("%d with %i decimals has no digits of a float's own", (value, scale, text) =>
    expect(priceDigits(value, scale)).toBe(text),
  );
});
