import { describe, expect, it } from "vitest";
import { toUnits } from "@/shared/numbers";
import { AAPL, BTC } from "@/shared/test-symbols";
import {
  affordable,
  feeOn,
  firstQuantity,
  holdRate,
  notional,
  onTick,
  parseInput,
  quantityStep,
  shiftPrice,
  slippageBasisPoints,
  stepPrice,
  stepQuantity,
  walkAmount,
  walkQuantity,
  wire,
} from "./maths";

const KRW = 10n ** 8n;

describe("reading what was typed", () => {
  it.each([
    ["1,234.5", 2, 123450n],
    [".5", 1, 5n],
    ["5.", 1, 50n],
    ["0.010", 2, 1n],
    ["", 2, null],
    ["0.001", 2, null],
    ["-1", 2, null],
    ["1e3", 2, null],
    ["1.2.3", 2, null],
    ["NaN", 2, null],
  ])("%j with scale %i", (text, scale, units) => expect(parseInput(text, scale)).toBe(units));
});

describe("prices", () => {
  it.each([
    [999_999n, 1, 1_000_000n],
    [1_000_000n, 1, 1_001_000n],
    [1_000_000n, -1, 999_500n],
    [500_000n, -1, 499_900n],
    [137_000_500n, 1, 137_001_000n],
    [137_000_500n, -1, 137_000_000n],
    [1_000n, -1, 1_000n],
  ] as const)("from %i a step of %i", (price, direction, next) => expect(stepPrice(BTC, price, direction)).toBe(next));

  it("every step up lands on the tick of where it lands, and back down again", () => {
    for (let price = 4_000n; price < 1_200_000n; price = stepPrice(BTC, price, 1)) {
      expect(onTick(BTC, price)).toBe(price);
      const up = stepPrice(BTC, price, 1);
      expect(up).toBeGreaterThan(price);
      expect(stepPrice(BTC, up, -1)).toBe(price);
    }
  });

  it("shifts by per cent onto a tick and inside the bounds", () => {
    expect(shiftPrice(BTC, 137_720_000n, 1n)).toBe(139_097_000n);
    expect(shiftPrice(BTC, 137_720_000n, -1n)).toBe(136_342_000n);
    expect(shiftPrice(BTC, 1_000n, -1n)).toBe(1_000n);
  });
});

describe("quantities", () => {
  it.each([
    ["0.12", 1_000_000n],
    ["0.120", 100_000n],
    ["3", 100_000_000n],
    ["0.000000001", 1n],
  ])("the step at %j", (text, step) => expect(quantityStep(BTC, text)).toBe(step));

  it("steps in whole lots, never below the least", () => {
    expect(quantityStep(AAPL, "10")).toBe(1n);
    expect(stepQuantity(AAPL, 1n, 1n, -1)).toBe(1n);
    expect(stepQuantity(BTC, 12_000_000n, 1_000_000n, 1)).toBe(13_000_000n);
    expect(stepQuantity(BTC, 1n, 1n, -1)).toBe(1n);
    expect(stepQuantity(BTC, toUnits(BTC.max_quantity, 8), 1n, 1)).toBe(toUnits(BTC.max_quantity, 8));
  });

  it("goes from between two lots to the next one in the direction", () => {
    const tens = { ...AAPL, lot_size: "10", min_quantity: "10" };
    expect(stepQuantity(tens, 25n, 10n, 1)).toBe(30n);
    expect(stepQuantity(tens, 25n, 10n, -1)).toBe(20n);
    expect(stepQuantity(tens, 3n, 10n, -1)).toBe(10n);
    expect(stepQuantity(tens, 3n, 10n, 1)).toBe(10n);
  });

  it("steps down in tenths where a whole step would leave nothing", () => {
    expect(stepQuantity(BTC, 10_000_000n, 10_000_000n, -1)).toBe(9_000_000n);
    expect(stepQuantity(BTC, 1_000_000n, 10_000_000n, -1)).toBe(900_000n);
    expect(stepQuantity(BTC, 5n, 1_000_000n, -1)).toBe(4n);
  });

  it("an empty quantity starts at what is just worth enough", () => {
    expect(wire(firstQuantity(BTC, 137_000_000n), 8)).toBe("0.0001");
    expect(firstQuantity(AAPL, 19_050n)).toBe(1n);
  });
});

describe("value and fees", () => {
  it("are those of the contract's example", () => {
    const value = notional(BTC, 94_990_000n, 500_000n);
    expect(value).toBe(474_950n * KRW);
    expect(wire(feeOn(value, "0.0005"), 8)).toBe("237.475");
  });

  it("fees are rounded up, rebates towards zero", () => {
    expect(feeOn(1n, "0.0005")).toBe(1n);
    expect(feeOn(0n, "0.0005")).toBe(0n);
    expect(feeOn(1_999n, "-0.0005")).toBe(0n);
    expect(feeOn(2_000n, "-0.0005")).toBe(-1n);
  });

  it("holds the larger rate, never less than nothing", () => {
    expect(holdRate("0.001", "0.0005")).toBe("0.001");
    expect(holdRate("-0.001", "-0.0005")).toBe("0");
  });

  it("what is affordable costs no more than there is, and a lot more would", () => {
    for (const amount of [5_000n, 123_457n, 999_999_999n]) {
      const quantity = affordable(BTC, amount * KRW, 137_721_000n, "0.0005");
      const cost = (units: bigint) => notional(BTC, 137_721_000n, units) + feeOn(notional(BTC, 137_721_000n, units), "0.0005");
      expect(cost(quantity)).toBeLessThanOrEqual(amount * KRW);
      expect(cost(quantity + 1n)).toBeGreaterThan(amount * KRW);
    }
  });
});

describe("walking the book", () => {
  const asks = [[100_00n, 3n], [101_00n, 5n]] as const;

  it("takes level after level", () => {
    expect(walkQuantity(AAPL, asks, 4n)).toEqual({ quantity: 4n, value: 401n * KRW });
    expect(walkQuantity(AAPL, asks, 20n)).toEqual({ quantity: 8n, value: 805n * KRW });
    expect(walkQuantity(AAPL, [], 1n)).toEqual({ quantity: 0n, value: 0n });
  });

  it("spends no more than the amount, fees included", () => {
    expect(walkAmount(AAPL, asks, 300n * KRW, "0.0001").quantity).toBe(2n);
    expect(walkAmount(AAPL, asks, 301n * KRW, "0.0001").quantity).toBe(3n);
    expect(walkAmount(AAPL, asks, 10_000n * KRW, "0.0001").quantity).toBe(8n);
  });

  it("says how far the average is from the best price", () => {
    expect(slippageBasisPoints(AAPL, walkQuantity(AAPL, asks, 3n), 100_00n)).toBe(0n);
    expect(slippageBasisPoints(AAPL, walkQuantity(AAPL, asks, 8n), 100_00n)).toBe(63n);
  });
});
