import { expect, it } from "vitest";
import { daysLater, daysOf, monthsLater } from "./Calendar";

it("walks over the ends of months and years", () => {
  expect(daysLater("2026-12-31", 1)).toBe("2027-01-01");
  expect(daysLater("2028-03-01", -1)).toBe("2028-02-29");
  expect(monthsLater("2026-01-31", 1)).toBe("2026-02-28");
  expect(monthsLater("2026-01-15", -1)).toBe("2025-12-15");
});

it("puts each day under its weekday", () => {
  // 1 November 2026 is a Sunday.
  expect(daysOf("2026-11-22", 0)[0]).toEqual({ day: "2026-11-01", number: 1, column: 1 });
  expect(daysOf("2026-11-22", 1)[0]).toEqual({ day: "2026-11-01", number: 1, column: 7 });
  expect(daysOf("2026-11-22", 1)).toHaveLength(30);
});
