import { expect, it } from "vitest";
import { type Entry, newestFirst } from "./entries";

it("transfers out and in are one list, newest first", () => {
  const [out, into] = [[9, 4].map(entry), [7, 2].map(entry)];
  expect(newestFirst([...out, ...into]).map(({ sequence }) => sequence)).toEqual([9, 7, 4, 2]);
});

function entry(sequence: number): Entry {
  return { sequence } as Entry;
}
