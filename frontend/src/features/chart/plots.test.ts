import { describe, expect, it } from "vitest";
import { plotsOf } from "./plots";

describe("plots", () => {
  it("are those chosen, each with a value for every candle", () => {
    const closes = Array.from({ length: 80 }, (_, index) => 100 + Math.sin(index));
    const bars = { closes, volumes: closes, rises: closes.map(() => true) };
    const parameters = {
      ma: [5, 20],
      ema: [12],
      bollinger: [20, 2],
      volume: [],
      rsi: [14],
      macd: [12, 26, 9],
    };
    const plots = plotsOf(bars, { shown: ["ma", "bollinger", "volume", "rsi", "macd"], parameters });
    expect(plots.map((plot) => plot.pane)).toEqual([
      ...["price", "price", "price", "price", "price"],
      ...["volume", "rsi", "macd", "macd", "macd"],
    ]);
    expect(plots.every((plot) => plot.values.length === 80 && plot.values.at(-1) !== null)).toBe(true);
  });
});
