import { expect, it } from "vitest";
import { dateOf, dayOf } from "./days";

it("a day and the moment at which it begins are each other's", () => {
  expect(dayOf(new Date(2026, 10, 2, 23, 59).getTime())).toBe("2026-11-02");
  expect(dayOf(dateOf("2026-11-02")!.getTime())).toBe("2026-11-02");
});

it("walks over the ends of months and years", () => {
  expect(dateOf("2026-12-31", 1)).toEqual(new Date(2027, 0, 1));
  expect(dateOf("2028-03-01", -1)).toEqual(new Date(2028, 1, 29));
});

it("half a day is none", () => {
  expect(dateOf("2026-03")).toBeNull();
  expect(dateOf("")).toBeNull();
});
