import { describe, expect, it } from "vitest";
import { changeOf } from "./readout";
import { candle } from "./test-candles";

describe("read-out", () => {
  it("compares with the close before, exactly", () => {
    expect(changeOf(candle(2, 1, "103"), candle(1, 1, "200"), 0)).toEqual({ by: "-97", percent: "-48.50" });
    expect(changeOf(candle(2, 1, "103"), undefined, 0)).toEqual({ by: "3", percent: "3.00" });
  });
});
