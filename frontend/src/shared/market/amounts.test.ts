import { describe, expect, it } from "vitest";
import { wireDecimal } from "@/shared/numbers";
import { affordable, feeOn, holdRate, notional } from "./amounts";
import { BTC } from "./test-symbols";

const KRW = 10n ** 8n;

describe("value and fees", () => {
  it("are those of the contract's example", () => {
    const value = notional(BTC, 94_990_000n, 500_000n);
    expect(value).toBe(474_950n * KRW);
    expect(wireDecimal(feeOn(value, "0.0005"), 8)).toBe("237.475");
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
      const cost = (units: bigint) =>
        notional(BTC, 137_721_000n, units) + feeOn(notional(BTC, 137_721_000n, units), "0.0005");
      expect(cost(quantity)).toBeLessThanOrEqual(amount * KRW);
      expect(cost(quantity + 1n)).toBeGreaterThan(amount * KRW);
    }
  });
});
