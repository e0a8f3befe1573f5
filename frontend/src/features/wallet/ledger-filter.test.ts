import { describe, expect, it } from "vitest";
import { EVERYTHING, queryOf } from "./ledger-filter";

describe("the filter", () => {
  it("asks for everything when nothing is chosen", () => {
    expect(queryOf(EVERYTHING)).toEqual({});
  });
  it("includes the last day whole", () => {
    const { start, end } = queryOf({ ...EVERYTHING, asset: "KRW", from: "2026-03-01", to: "2026-03-01" });
    expect(start).toBe(new Date(2026, 2, 1).getTime());
    expect(end).toBe(new Date(2026, 2, 2).getTime());
  });
  it("passes over a day half typed", () => {
    expect(queryOf({ ...EVERYTHING, from: "2026-03" })).toEqual({});
  });
});
