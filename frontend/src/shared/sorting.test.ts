import { describe, expect, it } from "vitest";
import { compareDecimals, nextSorting, sortedRows } from "./sorting";

it("numbers of any size compare exactly; what is not known comes first", () => {
  expect(["9.5", null, "10", "9.50000000000000001"].toSorted(compareDecimals)).toEqual([
    null,
    "9.5",
    "9.50000000000000001",
    "10",
  ]);
});

describe("sorting", () => {
  const columns = [
    { id: "n", header: "", width: "", cell: () => null, compare: (a: number, b: number) => a - b },
  ];

  it("goes down, up, and back to how the rows came", () => {
    const down = nextSorting(null, "n");
    const up = nextSorting(down, "n");
    expect(sortedRows([2, 3, 1], columns, down)).toEqual([3, 2, 1]);
    expect(sortedRows([2, 3, 1], columns, up)).toEqual([1, 2, 3]);
    expect(nextSorting(up, "n")).toBeNull();
    expect(sortedRows([2, 3, 1], columns, null)).toEqual([2, 3, 1]);
  });
});
