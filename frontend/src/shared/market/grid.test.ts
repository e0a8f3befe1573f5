import { describe, expect, it } from "vitest";
import { toUnits, wireDecimal } from "@/shared/numbers";
import { firstQuantity } from "./amounts";
import { onTick, quantityStep, shiftPrice, stepPrice, stepQuantity } from "./grid";
import { AAPL, BTC } from "./test-symbols";

describe("prices", () => {
  it.each([
    [999_999n, 1, 1_000_000n],
    [1_000_000n, 1, 1_001_000n],
    [1_000_000n, -1, 999_500n],
    [500_000n, -1, 499_900n],
    [137_000_500n, 1, 137_001_000n],
    [137_000_500n, -1, 137_000_000n],
    [1_000n, -1, 1_000n],
  ] as const)("from %i a step of %i", (price, direction, next) =>
    expect(stepPrice(BTC, price, direction)).toBe(next),
  );

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

  it("the first quantity and every step keep to the lot and the bounds, also where those are no lots (attack W8)", () => {
    const odd = {
      ...BTC,
      lot_size: "0.0003",
      min_quantity: "0.0007",
      max_quantity: "0.0020",
      min_notional: "0",
    };
    const text = (units: bigint) => wireDecimal(units, 8);
    expect(text(firstQuantity(odd, 0n))).toBe("0.0009");
    const lot = toUnits("0.0003", 8);
    expect(text(stepQuantity(odd, toUnits("0.0009", 8), lot, -1))).toBe("0.0009");
    expect(text(stepQuantity(odd, toUnits("0.0009", 8), lot, 1))).toBe("0.0012");
    expect(text(stepQuantity(odd, toUnits("0.0018", 8), lot, 1))).toBe("0.0018");
    const fives = { ...AAPL, lot_size: "5", min_quantity: "1", max_quantity: "100" };
    expect(firstQuantity(fives, 19_050n)).toBe(5n);
  });

  it("an empty quantity starts at what is just worth enough", () => {
    expect(wireDecimal(firstQuantity(BTC, 137_000_000n), 8)).toBe("0.0001");
    expect(firstQuantity(AAPL, 19_050n)).toBe(1n);
  });
});
