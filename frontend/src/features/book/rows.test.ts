import { expect, it } from "vitest";
import { accumulate } from "./rows";

it("sums from the best price outwards and scales the bars", () => {
  const rows = accumulate([["100", "0.5"], ["101", "1.5"]], 1, 40n);
  expect(rows.map((row) => row.total)).toEqual([5n, 20n]);
  expect(rows.map((row) => row.sharePercent)).toEqual([12.5, 50]);
});

it("draws no bars for an empty book", () => {
  expect(accumulate([], 8, 0n)).toEqual([]);
});
