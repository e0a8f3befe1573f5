// The tokens of both themes keep AA contrast (4.5 to 1) wherever text in them is written.

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

type Tokens = Record<string, string>;
const css = readFileSync(new URL("./base.css", import.meta.url), "utf8");

function tokensOf(selector: string): Tokens {
  const tokens: Tokens = {};
  const blocks = css.replace(/\/\*.*?\*\//gs, "").matchAll(/([^{}]+)\{([^{}]*)\}/g);
  for (const [, selectors = "", body = ""] of blocks) {
    if (!selectors.split(",").some((one) => one.trim() === selector)) continue;
    for (const [, name = "", value = ""] of body.matchAll(/(--[\w-]+):\s*([^;]+);/g))
      tokens[name] = value.trim();
  }
  return tokens;
}

function themed(theme: string, palette: string): (name: string) => number[] {
  const tokens = {
    ...tokensOf(":root"),
    ...(theme === "light" ? tokensOf(':root[data-theme="light"]') : {}),
    ...(palette === "green-up" ? {} : tokensOf(`:root[data-palette="${palette}"]`)),
  };
  const colour = (value: string): number[] => {
    const reference = /^var\((--[\w-]+)\)$/.exec(value);
    if (reference) return colour(tokens[reference[1]!]!);
    return [1, 3, 5].map((at) => parseInt(value.slice(at, at + 2), 16));
  };
  return (name) => colour(tokens[`--${name}`]!);
}

function luminance(colour: number[]): number {
  const [r = 0, g = 0, b = 0] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: number[], b: number[]): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function blended(top: number[], bottom: number[], share: number): number[] {
  return top.map((part, index) => part * share + bottom[index]! * (1 - share));
}

const THEMES = ["dark", "light"].flatMap((theme) =>
  ["green-up", "red-up", "colour-blind"].map((palette) => [theme, palette] as const),
);

describe.each(THEMES)("%s theme, %s", (theme, palette) => {
  const colour = themed(theme, palette);
  const onGrounds = ["text", "text-soft", "text-faint", "accent", "warning", "good", "bad", "rise", "fall"];

  it.each(onGrounds)("%s on every ground", (name) => {
    for (const ground of ["ground", "panel", "raised"]) {
      expect(contrast(colour(name), colour(ground)), ground).toBeGreaterThanOrEqual(4.5);
    }
  });

  it.each(["rise-fill", "fall-fill", "accent-fill"])("the text of buttons on %s", (name) => {
    expect(contrast(colour("on-fill"), colour(name))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(["rise", "fall"])("prices on the %s bars of the book", (name) => {
    const bar = blended(colour(name), colour("panel"), 0.13);
    for (const text of [name, "text", "text-soft"]) {
      expect(contrast(colour(text), bar), text).toBeGreaterThanOrEqual(4.5);
    }
  });

  it("up and down are different colours", () => {
    expect(colour("rise")).not.toEqual(colour("fall"));
  });
});
