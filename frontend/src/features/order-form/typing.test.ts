import { expect, it } from "vitest";
import { groupTyped } from "./typing";

it.each([
  ["1234567", 7, 0, "1,234,567", 9],
  ["1,2345", 6, 0, "12,345", 6],
  ["12,3456", 2, 0, "123,456", 2],
  ["1234.5678", 9, 2, "1,234.56", 8],
  ["1.2.3", 5, 4, "1.23", 4],
  ["12a3", 3, 0, "123", 2],
  ["12.5", 4, 0, "125", 3],
  ["", 0, 8, "", 0],
])("%j with the caret at %i and %i decimals", (text, caret, decimals, grouped, after) => {
  expect(groupTyped(text, caret, decimals)).toEqual({ text: grouped, caret: after });
});
