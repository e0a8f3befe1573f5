import { describe, expect, it } from "vitest";
import { shareOf } from "./tier-share";

describe("shareOf", () => {
  it.each([
    ["0", "1000000000", 0],
    ["999999999.99", "1000000000", 99],
    ["1000000000", "1000000000", 100],
    ["5000000000", "1000000000", 100],
    ["0.5", "1", 50],
    ["1", "0", 100],
  ])("%s of %s is %i %%", (volume, least, share) => {
    expect(shareOf(volume, least)).toBe(share);
  });
});
