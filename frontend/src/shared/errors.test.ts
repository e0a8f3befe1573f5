// Every wire code of the exchange has a sentence in both languages, and one for when its figures are missing.

import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import en from "@/locales/en/errors.json";
import ko from "@/locales/ko/errors.json";
import { errorText } from "./errors";

const room = new URL("../../../exchange/errors/", import.meta.url);
const codes = readdirSync(room)
  .filter((file) => file.endsWith("_codes.py"))
  .flatMap((file) => [...readFileSync(new URL(file, room), "utf8").matchAll(/^ {4}"([A-Z_]+)": ErrorKind/gm)])
  .map((match) => match[1]!);

describe.each([
  ["en", en as Record<string, string>],
  ["ko", ko as Record<string, string>],
])("%s", (_, texts) => {
  it("knows every code", () => {
    expect(codes.length).toBeGreaterThan(50);
    expect(codes.filter((code) => !texts[code])).toEqual([]);
  });

  it("can do without figures", () => {
    const withFigures = Object.keys(texts).filter((code) => texts[code]!.includes("{{"));
    expect(withFigures.filter((code) => !texts[`${code}_bare`])).toEqual([]);
  });
});

describe("a sentence", () => {
  const t = (key: string, options: Record<string, unknown> = {}) => {
    const text = (en as Record<string, string>)[key] ?? "";
    return options.skipInterpolation
      ? text
      : text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => String(options[name]));
  };

  it("has its figures, grouped", () => {
    expect(errorText(t, "PRICE_OFF_TICK", { tick_size: "1000" })).toContain("1,000");
  });

  it("goes without them when there are none", () => {
    expect(errorText(t, "PRICE_OFF_TICK", {})).toBe(en.PRICE_OFF_TICK_bare);
  });

  it("is that of a fault for a unknown code", () => {
    expect(errorText(t, "NEW_ONE")).toBe(en.INTERNAL);
  });
});
