// Every text stands in both languages, and none outside the translations.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const SOURCES = join(import.meta.dirname, "..");
const LOCALES = import.meta.dirname;

type Texts = { [key: string]: string | Texts };

function flat(texts: Texts, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [path, text] of flat(value, `${prefix}${key}.`)) found.set(path, text);
  }
  return found;
}

function wordsOf(language: string, namespace: string): Map<string, string> {
  return flat(JSON.parse(readFileSync(join(LOCALES, language, namespace), "utf8")) as Texts);
}

function namespaces(language: string): string[] {
  return readdirSync(join(LOCALES, language)).sort();
}

function sources(): string[] {
  return readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\.d\.ts$/.test(path))
    .map((path) => join(SOURCES, path));
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1]).sort();

describe("the two languages", () => {
  it("have the same namespaces", () => {
    expect(namespaces("ko")).toEqual(namespaces("en"));
  });
  it.each(namespaces("en"))("have the same keys: %s", (namespace) => {
    const [english, korean] = [wordsOf("en", namespace), wordsOf("ko", namespace)];
    // Korean has no plural forms: the English `_one` needs no counterpart.
    const needed = [...english.keys()].filter((key) => !key.endsWith("_one")).sort();
    expect([...korean.keys()].filter((key) => !key.endsWith("_one")).sort()).toEqual(needed);
    for (const [key, text] of korean) {
      expect(text.trim(), key).not.toBe("");
      expect(placeholders(text), key).toEqual(placeholders(english.get(key) ?? ""));
    }
  });
});

describe("names of the exchange", () => {
  const engine = join(SOURCES, "../../exchange/engine");
  const file = readdirSync(engine, { recursive: true, encoding: "utf8" }).find((path) =>
    /\bwords\.py$/.test(path),
  );
  const words = readFileSync(join(engine, file!), "utf8");
  const tuple = (name: string) => {
    const body = new RegExp(`^${name}: Final = \\(([^)]*)\\)`, "m").exec(words)?.[1] ?? "";
    return [...body.matchAll(/"(\w+)"/g)].map((match) => match[1]!);
  };

  it.each([
    ["REASONS", "orders.json", "reasons"],
    ["ORDER_STATUSES", "orders.json", "statuses"],
    ["TIMES_IN_FORCE", "orders.json", "times"],
    ["TIMES_IN_FORCE", "order.json", "timesInForce"],
    ["TIMES_IN_FORCE", "order.json", "timesInForceHelp"],
    ["STP_MODES", "order.json", "stpModes"],
  ])("%s are all translated: %s %s", (name, file, prefix) => {
    const known = wordsOf("en", file);
    expect(tuple(name).length).toBeGreaterThan(2);
    expect(tuple(name).filter((word) => !known.has(`${prefix}.${word}`))).toEqual([]);
  });

  it("every status of a symbol but trading has its texts", () => {
    const known = wordsOf("en", "common.json");
    const statuses = tuple("SYMBOL_STATUSES").filter((status) => status !== "trading");
    expect(statuses.length).toBeGreaterThan(7);
    expect(statuses.filter((status) => !known.has(`marketStatus.${status}.banner`))).toEqual([]);
  });

  it("every type of order has its text, in the form and in the tables", () => {
    const source = readFileSync(join(SOURCES, "shared/order-draft/draft.ts"), "utf8");
    const triggers = /TRIGGER_KINDS = \[([^\]]*)\]/.exec(source)?.[1] ?? "";
    const kinds = ["limit", "market", ...[...triggers.matchAll(/"(\w+)"/g)].map((match) => match[1]!)];
    expect(kinds.length).toBe(7);
    expect(kinds.filter((kind) => !wordsOf("en", "orders.json").has(`types.${kind}`))).toEqual([]);
    expect(
      [...kinds, "oco", "bracket"].filter((kind) => !wordsOf("en", "order.json").has(`kinds.${kind}`)),
    ).toEqual([]);
  });
});

describe("the source", () => {
  it("has no Korean and no sentence outside the translations", () => {
    expect(sources().flatMap(wordsIn)).toEqual([]);
  });
  it("uses no key that is not there", () => {
    expect(sources().flatMap(missingKeys)).toEqual([]);
  });
});

/** Attributes that people read or hear. */
const SPOKEN = new Set([
  "aria-label",
  "title",
  "placeholder",
  "alt",
  "aria-valuetext",
  "aria-description",
  "label",
  "header",
]);
/** Names, signs and units that are the same in every language. */
const SAME_EVERYWHERE = /^(x|Trader|xTrader|[A-Z]|ms|UTC|MA|EMA|RSI|MACD|BB|VOL|CSV|\W*)$/;
/** Texts of large numbers and of times, which no translation file could put better. */
const MAY_HAVE_KOREAN = /shared\/numbers\.ts$/;

function wordsIn(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const report = (node: ts.Node, text: string) => {
    const line = tree.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    found.push(`${path.slice(SOURCES.length + 1)}:${line} ${text.trim()}`);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && isWords(node.text)) report(node, node.text);
    if (ts.isJsxAttribute(node) && SPOKEN.has(node.name.getText()) && node.initializer) {
      if (ts.isStringLiteral(node.initializer) && isWords(node.initializer.text))
        report(node, node.initializer.text);
    }
    if (ts.isJsxExpression(node) && node.expression && ts.isStringLiteral(node.expression)) {
      if (ts.isJsxElement(node.parent) && isWords(node.expression.text)) report(node, node.expression.text);
    }
    if (ts.isStringLiteralLike(node) && /[가-힣]/.test(node.text) && !MAY_HAVE_KOREAN.test(path))
      report(node, node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isWords(text: string): boolean {
  const trimmed = text.trim();
  return /\p{L}/u.test(trimmed) && !SAME_EVERYWHERE.test(trimmed);
}

/** Keys of `t("…")` that no translation has. Keys made at run time are looked up by their own tests. */
function missingKeys(path: string): string[] {
  const text = readFileSync(path, "utf8");
  const spaces = [...text.matchAll(/useTranslation\((?:"(\w+)")?\)/g)].map((match) => match[1] ?? "common");
  if (spaces.length === 0) return [];
  const known = new Set(spaces.flatMap((space) => [...wordsOf("en", `${space}.json`).keys()]));
  // `t("key")`, and both outcomes of `t(condition ? "key" : "other")`.
  const keys = [...text.matchAll(/\bt\(\s*(?:[^"`()]*\?\s*"([\w.-]+)"\s*:\s*)?"([\w.-]+)"/g)].flatMap(
    (match) => match.slice(1),
  );
  return keys
    .filter((key): key is string => key !== undefined)
    .filter((key) => !known.has(key) && !known.has(`${key}_other`))
    .map((key) => `${path.slice(SOURCES.length + 1)} ${key}`);
}
