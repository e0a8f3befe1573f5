import { expect, it } from "vitest";
import { chipColumns, labelMiddles } from "./label-places";

const TAKEN = { top: 91, bottom: 125 };

it("leaves labels on their lines where there is room", () => {
  expect(labelMiddles([20, 60, 200], 17, TAKEN)).toEqual([20, 60, 200]);
  expect(labelMiddles([], 17, null)).toEqual([]);
});

it("moves labels away from the last price, upwards above it and downwards below it", () => {
  expect(labelMiddles([95, 120], 16, TAKEN)).toEqual([83, 133]);
});

it("keeps close labels apart, in their order", () => {
  expect(labelMiddles([200, 203, 230], 16, null)).toEqual([200, 216, 232]);
  expect(labelMiddles([70, 80, 90], 16, TAKEN)).toEqual([51, 67, 83]);
});

it("drops a label that would stand far from its line", () => {
  const found = labelMiddles([200, 200, 200, 200, 200, 200], 16, null);
  expect(found).toEqual([200, 216, 232, 248, null, null]);
});

it("puts chips of close prices side by side, and uses a column again below", () => {
  expect(chipColumns([10, 15, 18, 40, 100], 22)).toEqual([0, 1, 2, 0, 0]);
});
