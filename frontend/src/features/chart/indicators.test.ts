// The indicators against 502 daily bars with published values.

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { bollinger, ema, macd, rsi, sma, type Values } from "./indicators";

const folder = resolve(process.env.XTRADER_DATA ?? "../../shared/data", "indicators");
const present = existsSync(join(folder, "default.csv"));
const title = present ? "against published values" : "skipped: XTRADER_DATA has no indicators folder";

type Row = Record<string, number | null>;

function closes(): number[] {
  const lines = readFileSync(join(folder, "default.csv"), "utf8").trim().split("\n").slice(1);
  return lines.map((line) => Number(line.split(",")[4]));
}

function published(name: string, column: string): Values {
  const rows = JSON.parse(readFileSync(join(folder, `${name}.standard.json`), "utf8")) as Row[];
  return rows.map((row) => row[column] ?? null);
}

function expectSame(found: Values, wanted: Values): void {
  expect(found.map((value) => value === null)).toEqual(wanted.map((value) => value === null));
  found.forEach((value, index) => value !== null && expect(value).toBeCloseTo(wanted[index]!, 8));
  expect(found.filter((value) => value !== null).length).toBeGreaterThan(400);
}

describe.skipIf(!present)(title, () => {
  it("SMA 20", () => expectSame(sma(closes(), 20), published("sma", "sma")));
  it("EMA 20", () => expectSame(ema(closes(), 20), published("ema", "ema")));
  it("RSI 14", () => expectSame(rsi(closes(), 14), published("rsi", "rsi")));
  it("MACD 12, 26, 9", () => {
    const found = macd(closes(), 12, 26, 9);
    expectSame(found.macd, published("macd", "macd"));
    expectSame(found.signal, published("macd", "signal"));
    expectSame(found.histogram, published("macd", "histogram"));
  });
  it("Bollinger 20, 2", () => {
    const found = bollinger(closes(), 20, 2);
    expectSame(found.middle, published("bb", "sma"));
    expectSame(found.upper, published("bb", "upperBand"));
    expectSame(found.lower, published("bb", "lowerBand"));
  });
});

describe("few bars", () => {
  it("is empty before it has enough candles", () => {
    expect(sma([1, 2], 3)).toEqual([null, null]);
    expect(ema([], 3)).toEqual([]);
    expect(macd([1, 2, 3], 2, 3, 9).signal).toEqual([null, null, null]);
  });
  it("is 100 when prices only rise, and 100 when they stand still", () => {
    expect(rsi([1, 2, 3, 4], 2)).toEqual([null, null, 100, 100]);
    expect(rsi([5, 5, 5], 2)).toEqual([null, null, 100]);
  });
});
