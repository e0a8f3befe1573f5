import { describe, expect, it } from "vitest";
import { figuresOf, fitsPattern, mostOf, problemOf, usedPercent } from "./figures";
import type { AssetTerms } from "./wire";

const BTC = { asset: "BTC", fee: "0.0005", minimum: "0.001" } as AssetTerms;
const SCALE = 8;

/** Numbers that repeat. */
function numbers(seed: bigint) {
  let state = seed;
  return (below: bigint) => {
    state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
    return (state >> 11n) % below;
  };
}

describe("what a withdrawal comes to", () => {
  it("takes the fee on top of what arrives", () => {
    const figures = figuresOf("0.1", "0.25", BTC, SCALE);
    expect(figures).toMatchObject({
      amount: 10_000_000n,
      fee: 50_000n,
      total: 10_050_000n,
      left: 14_950_000n,
    });
  });

  it("offers exactly what leaves nothing behind, for every balance", () => {
    const next = numbers(7n);
    for (let round = 0; round < 500; round += 1) {
      const available = next(10n ** 18n);
      const fee = next(10n ** 6n);
      const most = mostOf({ available, fee });
      if (available <= fee) expect(most).toBe(0n);
      else expect(available - (most + fee)).toBe(0n);
    }
  });

  it("keeps the last digit of an amount that a float would lose", () => {
    const won = { ...BTC, fee: "1000", minimum: "1" };
    const figures = figuresOf("90071992547409.93", "90071992548409.93", won, 2);
    expect(figures.left).toBe(0n);
    expect(problemOf("90071992547409.93", figures)).toBeNull();
    expect(problemOf("90071992547409.94", figuresOf("90071992547409.94", "90071992548409.93", won, 2))).toBe(
      "tooMuch",
    );
  });

  it.each([
    ["", null],
    ["  ", null],
    ["abc", "unread"],
    ["1,500", "unread"],
    ["0.000000001", "unread"],
    ["0", "zero"],
    ["0.0009", "belowMinimum"],
    ["0.2496", "tooMuch"],
    ["0.2495", null],
    ["0.001", null],
  ])("says what is wrong with %j: %s", (typed, problem) => {
    expect(problemOf(typed, figuresOf(typed, "0.25", BTC, SCALE))).toBe(problem);
  });
});

describe("how much of a limit is used", () => {
  it.each([
    ["0", "1000", 0],
    ["0.01", "50000000", 1],
    ["500", "1000", 50],
    ["999.99", "1000", 99],
    ["1000", "1000", 100],
    ["1001", "1000", 100],
    ["0", "0", 100],
  ])("%s of %s is %i %%", (used, limit, percent) => {
    expect(usedPercent(used, limit)).toBe(percent);
  });
});

describe("the pattern of an address", () => {
  it("must fit the whole text", () => {
    expect(fitsPattern("110-123-456789", "[0-9]{3}-[0-9]{3}-[0-9]{6}")).toBe(true);
    expect(fitsPattern("x110-123-456789", "[0-9]{3}-[0-9]{3}-[0-9]{6}")).toBe(false);
    expect(fitsPattern("a", "a|bc")).toBe(true);
    expect(fitsPattern("ab", "a|bc")).toBe(false);
  });
  it("takes letters of every script, as the exchange does", () => {
    const bank = "[\\w .&()-]{2,60} [0-9][0-9-]{5,29}";
    expect(fitsPattern("국민은행 110-123-456789", bank)).toBe(true);
    expect(fitsPattern("Bank & Sons (1) 110-123-456789", bank)).toBe(true);
    expect(fitsPattern("국민은행", bank)).toBe(false);
    expect(fitsPattern("국1", "\\w+")).toBe(true);
    expect(fitsPattern("a]b", "[\\]\\w]+")).toBe(true);
  });
  it("is left to the exchange where there is none, or none that a browser reads", () => {
    expect(fitsPattern("anything", null)).toBe(true);
    expect(fitsPattern("anything", "(?P<a>x)")).toBe(true);
  });
});
