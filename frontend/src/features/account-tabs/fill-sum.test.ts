import { describe, expect, it } from "vitest";
import { AAPL, BTC } from "@/shared/market/test-symbols";
import type { Fill } from "@/shared/wire/api";
import { addFill, averagePrice } from "./fill-sum";

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
