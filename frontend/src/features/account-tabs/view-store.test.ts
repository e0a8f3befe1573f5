import { expect, it } from "vitest";
import { ORDER } from "./test-order";
import { NO_FILTERS, passes } from "./view-store";

it("filters let through what fits all of them", () => {
  expect(passes(ORDER, NO_FILTERS, null)).toBe(true);
  expect(passes(ORDER, NO_FILTERS, "AAPL")).toBe(false);
  expect(passes(ORDER, { ...NO_FILTERS, symbol: " btc" }, null)).toBe(true);
  expect(passes(ORDER, { ...NO_FILTERS, side: "sell" }, null)).toBe(false);
  expect(passes(ORDER, { ...NO_FILTERS, status: "new" }, null)).toBe(false);
  const at = new Date(2026, 2, 1, 12).getTime();
  const on = (from: string, to: string) =>
    passes({ ...ORDER, created_at: at }, { ...NO_FILTERS, from, to }, null);
  expect([on("2026-03-01", "2026-03-01"), on("", "2026-02-28"), on("2026-03-02", "")]).toEqual([
    true,
    false,
    false,
  ]);
});
