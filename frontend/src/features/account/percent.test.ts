import { expect, it } from "vitest";
import { percentOf } from "./percent";

it("writes fee rates in per cent", () => {
  expect(["0.0005", "0.000125", "0", "-0.0001", "0.1"].map(percentOf)).toEqual([
    "0.05%",
    "0.0125%",
    "0.00%",
    "-0.01%",
    "10.00%",
  ]);
});
