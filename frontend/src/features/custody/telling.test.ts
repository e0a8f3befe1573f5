// Every state that the exchange has is told, in both languages.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isOver, moodOf, sentencesOf } from "./telling";
import type { Withdrawal } from "./wire";

const ROOT = join(import.meta.dirname, "../../../..");
const states = readFileSync(join(ROOT, "custody/states.py"), "utf8");

/** The values of an enumeration of `custody/states.py`. */
function valuesOf(name: string): string[] {
  const body = new RegExp(`class ${name}\\(.*?\\):\\n([\\s\\S]*?)\\n\\n\\n`).exec(states)?.[1] ?? "";
  return [...body.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map((match) => match[1]!);
}

type Texts = { [key: string]: string | Texts };
function textsOf(language: string): Texts {
  const path = join(ROOT, `frontend/src/locales/${language}/custody.json`);
  return JSON.parse(readFileSync(path, "utf8")) as Texts;
}

function textAt(texts: Texts, key: string): string | undefined {
  const found = key.split(".").reduce<string | Texts | undefined>((part, name) => {
    return typeof part === "object" ? part[name] : undefined;
  }, texts);
  return typeof found === "string" ? found : undefined;
}

const WITHDRAWAL_STATES = valuesOf("WithdrawalState");
const DEPOSIT_STATES = valuesOf("DepositState");
const ENDS = valuesOf("WithdrawalEnd");

/** Every withdrawal there can be, as far as what is told of it goes. */
const withdrawals = WITHDRAWAL_STATES.flatMap((state) =>
  (["releasing", "ended"].includes(state) ? ENDS : [""]).flatMap((end) =>
    ["", "for a reason"].map((end_reason) => ({ state, end, end_reason }) as Withdrawal),
  ),
);

it("the exchange's states are found", () => {
  expect(WITHDRAWAL_STATES).toContain("in_review");
  expect(WITHDRAWAL_STATES).toHaveLength(12);
  expect(DEPOSIT_STATES).toContain("disputed");
  expect(ENDS).toHaveLength(4);
});

describe.each(["en", "ko"])("in %s", (language) => {
  const texts = textsOf(language);

  it("every withdrawal is told in sentences", () => {
    const keys = withdrawals.flatMap((row) =>
      [true, false].flatMap((isManual) => sentencesOf(row, isManual)),
    );
    expect(keys.filter((key) => !/[.。]$/.test(textAt(texts, key) ?? ""))).toEqual([]);
  });

  it("every state has its name", () => {
    const keys = [...WITHDRAWAL_STATES.map((state) => `stateNames.${state}`)].concat(
      DEPOSIT_STATES.map((state) => `depositNames.${state}`),
      DEPOSIT_STATES.map((state) => `depositStates.${state}`),
    );
    expect(keys.filter((key) => !textAt(texts, key))).toEqual([]);
  });
});

it("only a state that asks something of the customer waits for the customer", () => {
  expect(WITHDRAWAL_STATES.filter((state) => moodOf(state) === "waits")).toEqual(["unconfirmed"]);
});

it("what the table of steps leads nowhere from is over", () => {
  const steps = /STEPS:[\s\S]*?\{([\s\S]*?)\n\}/.exec(states)?.[1] ?? "";
  const ends = [...steps.matchAll(/W\.(\w+): frozenset\(\)/g)].map((match) => match[1]!.toLowerCase());
  expect(ends.sort()).toEqual(WITHDRAWAL_STATES.filter((state) => isOver({ state } as Withdrawal)).sort());
});
