import { describe, expect, it } from "vitest";
import { AAPL } from "@/shared/market/test-symbols";
import { slippageBasisPoints, walkAmount, walkQuantity } from "./book-walk";

const KRW = 10n ** 8n;

describe("walking the book", () => {
  const asks = [
    [100_00n, 3n],
    [101_00n, 5n],
  ] as const;

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

  it("gives how far the average is from the best price", () => {
    expect(slippageBasisPoints(AAPL, walkQuantity(AAPL, asks, 3n), 100_00n)).toBe(0n);
    expect(slippageBasisPoints(AAPL, walkQuantity(AAPL, asks, 8n), 100_00n)).toBe(63n);
  });
});
