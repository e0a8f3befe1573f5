// What a withdrawal comes to, in the finest units of its asset: whole numbers (BigInt), never floats.

import { toUnits } from "@/shared/numbers";
import { parseTyped } from "@/shared/typed-number";
import type { AssetTerms } from "./wire";

export interface Figures {
  /** What arrives; null while no number is typed. */
  amount: bigint | null;
  fee: bigint;
  /** Amount and fee: what leaves the balance; null without an amount. */
  total: bigint | null;
  available: bigint;
  /** What is left available; null without an amount, below zero where it is too much. */
  left: bigint | null;
  minimum: bigint;
}

/** Why an amount cannot be sent, before the exchange is asked. */
export type AmountProblem = "unread" | "zero" | "belowMinimum" | "tooMuch";

/** The figures of a typed amount. `available` is a decimal string of the balance. */
export function figuresOf(typed: string, available: string, terms: AssetTerms, scale: number): Figures {
  const amount = parseTyped(typed, scale);
  const fee = toUnits(terms.fee, scale);
  const has = toUnits(available, scale);
  const total = amount === null ? null : amount + fee;
  return {
    amount,
    fee,
    total,
    available: has,
    left: total === null ? null : has - total,
    minimum: toUnits(terms.minimum, scale),
  };
}

/** The most that can be paid out, its fee taken from what is available; zero where that is less than the fee. */
export function mostOf({ available, fee }: Pick<Figures, "available" | "fee">): bigint {
  return available > fee ? available - fee : 0n;
}

/** What is wrong with the amount; null when nothing is, or nothing is typed yet. */
export function problemOf(typed: string, figures: Figures): AmountProblem | null {
  if (typed.trim() === "") return null;
  if (figures.amount === null) return "unread";
  if (figures.amount === 0n) return "zero";
  if (figures.amount < figures.minimum) return "belowMinimum";
  return figures.left !== null && figures.left < 0n ? "tooMuch" : null;
}

/** Decimals that are enough for every reference currency. */
const MONEY_SCALE = 18;

/** How much of a limit is used, in whole per cent from 0 to 100; something used is never shown as nothing, and
 * only a limit that is used up is full. */
export function usedPercent(used: string, limit: string): number {
  const [part, whole] = [toUnits(used, MONEY_SCALE), toUnits(limit, MONEY_SCALE)];
  if (whole <= 0n || part >= whole) return 100;
  if (part <= 0n) return 0;
  return Math.min(99, Math.max(1, Number((part * 100n) / whole)));
}

/** Whether a text fits an asset's addresses. A pattern that the browser cannot read is left to the exchange. */
export function fitsPattern(text: string, pattern: string | null): boolean {
  if (!pattern) return true;
  try {
    return new RegExp(`^(?:${inUnicode(pattern)})$`, "u").test(text);
  } catch {
    return true;
  }
}

/** Letters and digits of every script, as the exchange understands `\w`; a browser's are those of English. */
function inUnicode(pattern: string): string {
  let isInside = false;
  return pattern.replace(/\\.|[[\]]/g, (part) => {
    if (part === "[" || part === "]") isInside = part === "[";
    if (part !== "\\w") return part;
    return isInside ? "\\p{L}\\p{N}_" : "[\\p{L}\\p{N}_]";
  });
}
