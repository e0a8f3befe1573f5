import { describe, expect, it } from "vitest";
import { abbreviated, fixed, fromUnits, grouped, signOf, splitZeros, toUnits } from "./numbers";

describe("units", () => {
  it("reads and writes wire decimals exactly", () => {
    for (const [text, scale] of [
      ["0.01500000", 8],
      ["95000000", 0],
      ["-1.50", 2],
      ["0.00000001", 8],
    ] as const) {
      expect(fromUnits(toUnits(text, scale), scale)).toBe(text);
    }
  });
  it("keeps what a float would lose", () => {
    expect(toUnits("92000000000.00000001", 8)).toBe(9200000000000000001n);
  });
});

describe("text", () => {
  it("groups thousands of the whole part only", () => {
    expect(grouped("1234567.1234567")).toBe("1,234,567.1234567");
    expect(grouped("-1234")).toBe("-1,234");
    expect(fixed("229.5", 2)).toBe("229.50");
  });
  it("separates trailing zeros", () => {
    expect(splitZeros("0.01500000")).toEqual(["0.015", "00000"]);
    expect(splitZeros("100")).toEqual(["100", ""]);
    expect(splitZeros("2.00")).toEqual(["2", ".00"]);
  });
  it("abbreviates in the reader's units", () => {
    expect(abbreviated("1234567890.1", "en")).toBe("1.23B");
    expect(abbreviated("1234567890.1", "ko")).toBe("12.34억");
    expect(abbreviated("12.3", "en")).toBe("12.30");
  });
  it("knows the sign of zero", () => {
    expect(signOf("-0.00")).toBe(0);
    expect(signOf("-0.01")).toBe(-1);
    expect(signOf("3")).toBe(1);
  });
});

describe("small amounts", () => {
  it.each([
    ["0.0009", "0.0009"],
    ["0.00091299", "0.00091"],
    ["0.00001236", "0.000012"],
    ["0.5", "0.50"],
    ["0.05", "0.05"],
    ["0", "0.00"],
    ["0.00000000", "0.00"],
    ["0.000000000000000012", "<0.000000001"],
    ["1.0009", "1.00"],
  ])("%s is shown as %s", (text, shown) => {
    expect(abbreviated(text, "en")).toBe(shown);
    expect(abbreviated(text, "ko")).toBe(shown);
  });
});
