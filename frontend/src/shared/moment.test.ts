import { describe, expect, it, vi } from "vitest";

vi.hoisted(() => vi.stubGlobal("navigator", { language: "en" }));

const { spanParts } = await import("./moment");

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe("a span of time", () => {
  it("is said in its two largest units", () => {
    expect(spanParts(DAY + 4 * HOUR + 59 * MINUTE)).toEqual([
      ["days", 1],
      ["hours", 4],
    ]);
    expect(spanParts(23 * HOUR + 14 * MINUTE)).toEqual([
      ["hours", 23],
      ["minutes", 14],
    ]);
  });
  it("leaves out what is zero", () => {
    expect(spanParts(DAY)).toEqual([["days", 1]]);
    expect(spanParts(DAY + MINUTE)).toEqual([
      ["days", 1],
      ["minutes", 1],
    ]);
  });
  it("is never nothing while it lasts", () => {
    expect(spanParts(1)).toEqual([["minutes", 1]]);
    expect(spanParts(MINUTE + 1)).toEqual([["minutes", 2]]);
    expect(spanParts(-5)).toEqual([["minutes", 1]]);
  });
});
