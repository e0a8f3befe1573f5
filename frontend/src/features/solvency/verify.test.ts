import { describe, expect, it } from "vitest";
// Made by the exchange's own code; tests/exchange/solvency/test_tree.py holds it to that.
import example from "./example.json";
import { type Proof, rootOf, verify } from "./verify";

const proof = example.proof as unknown as Proof;

/** The example with one thing changed. */
function spoiled(change: (copy: Proof) => void): Proof {
  const copy = structuredClone(proof);
  change(copy);
  return copy;
}

function firstOf<T>(items: readonly T[]): T {
  const [first] = items;
  if (first === undefined) throw new Error("empty");
  return first;
}

describe("a proof of solvency", () => {
  it("leads to the root", async () => {
    expect(await rootOf(proof.report)).toBe(example.root);
    expect(await verify(proof, example.root)).toBe("proven");
  });
  it("does not lead to another root", async () => {
    expect(await verify(proof, "0".repeat(64))).toBe("rootDiffers");
  });
  it.each<[string, (copy: Proof) => void]>([
    ["amount", (copy) => Object.assign(firstOf(copy.leaves), { amount_minor: "1" })],
    ["account", (copy) => Object.assign(firstOf(copy.leaves), { account: "999" })],
    ["salt", (copy) => Object.assign(firstOf(copy.leaves), { salt: "0".repeat(64) })],
    ["index", (copy) => Object.assign(firstOf(copy.leaves), { index: firstOf(copy.leaves).index ^ 1 })],
    ["index beyond the tree", (copy) => Object.assign(firstOf(copy.leaves), { index: 2 ** 20 })],
    ["asset", (copy) => Object.assign(firstOf(copy.leaves), { asset: "NONE" })],
    ["sum", (copy) => Object.assign(firstOf(firstOf(copy.leaves).path), { sum_minor: "0" })],
    ["hash", (copy) => Object.assign(firstOf(firstOf(copy.leaves).path), { hash: "0".repeat(64) })],
  ])("notices another %s", async (_what, change) => {
    expect(await verify(spoiled(change), example.root)).toBe("pathDiffers");
  });
  it("notices sums that are not custody", async () => {
    const short = spoiled((copy) => Object.assign(firstOf(copy.report.assets), { custody_minor: "1" }));
    expect(await verify(short, example.root)).toBe("sumsDiffer");
  });
  it("takes no negative sums", async () => {
    const negative = spoiled((copy) =>
      Object.assign(firstOf(firstOf(copy.leaves).path), { sum_minor: "-5" }),
    );
    await expect(verify(negative, example.root)).rejects.toThrow(RangeError);
  });
});
