import { expect, it } from "vitest";
import { columnsThatFit } from "./columns-that-fit";

const COLUMNS = [
  { id: "time", width: "minmax(100px, 1fr)", spare: 2 },
  { id: "price", width: "minmax(100px, 1fr)" },
  { id: "type", width: "minmax(100px, 1fr)", spare: 1 },
];
const fitting = (width: number) => columnsThatFit(COLUMNS, width).map(({ id }) => id);

it("shows every column where there is room, with gaps and edges", () => {
  expect(fitting(348)).toEqual(["time", "price", "type"]);
});

it("leaves out the spare ones in their order, and never the others", () => {
  expect(fitting(347)).toEqual(["time", "price"]);
  expect(fitting(235)).toEqual(["price"]);
  expect(fitting(10)).toEqual(["price"]);
});
