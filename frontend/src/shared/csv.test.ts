import { describe, expect, it } from "vitest";
import { csvText, csvTime } from "./csv";

describe("csv", () => {
  it("quotes only what needs it and keeps numbers as they are", () => {
    const text = csvText(
      ["time", "amount"],
      [
        ["a,b", "-0.015"],
        ['say "x"', null],
      ],
    );
    expect(text).toBe('\uFEFFtime,amount\r\n"a,b",-0.015\r\n"say ""x""",\r\n');
  });
  it("never lets a cell become a formula", () => {
    expect(csvText(["id"], [["=1+1"], ["-cmd"], ["@x"]])).toBe("\uFEFFid\r\n'=1+1\r\n'-cmd\r\n'@x\r\n");
  });
  it("writes times in UTC", () => {
    expect(csvTime(1795334675772)).toBe("2026-11-22 08:04:35.772");
  });
});
