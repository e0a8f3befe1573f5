// Numbers that people type. One parser for all of them, and what happens to the text while a person edits it.
//
// A draft keeps what was typed, without the commas that the field itself puts in: any comma left in it is the
// person's own. The page writes the dot before decimals; a comma is taken for it where it can be nothing else.
// What could be read in two ways, or is no number, stays as it was typed and is refused on its field.

import { grouped, toUnits, wireDecimal } from "./numbers";

const PLAIN = /^(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)$/;
const GROUPED = /^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/;
const COMMA_DECIMAL = /^(?:0|[1-9]\d*)?,\d*$/;

/** Whether one comma may be a group's as well as the decimal sign: "1,500". */
function isAmbiguous(text: string): boolean {
  return /^[1-9]\d{0,2},\d{3}$/.test(text);
}

/** The number of a typed text as plain digits with a dot ("1,234.50" → "1234.50"), as many decimals as were
 * typed; null if it is no number, has a leading zero, or can be read in two ways. `scale` 0: there are no
 * decimals, so a comma only groups. */
export function plainNumber(text: string, scale: number): string | null {
  const typed = text.trim();
  if (PLAIN.test(typed)) return typed.startsWith(".") ? `0${typed}` : typed;
  if (isAmbiguous(typed) && scale > 0) return null;
  if (GROUPED.test(typed)) return typed.replaceAll(",", "");
  if (scale === 0 || !COMMA_DECIMAL.test(typed) || typed === ",") return null;
  const plain = typed.replace(",", ".");
  return plain.startsWith(".") ? `0${plain}` : plain;
}

/** A typed number in units of the scale; null if it is none, or finer than the scale. */
export function parseTyped(text: string, scale: number): bigint | null {
  const plain = plainNumber(text, scale);
  if (plain === null) return null;
  const fraction = plain.split(".")[1] ?? "";
  return fraction.replace(/0+$/, "").length > scale ? null : toUnits(plain, scale);
}

/** A typed number as it was understood, grouped; the text itself while it is none. */
export function understood(text: string, scale: number): string {
  const units = parseTyped(text, scale);
  return units === null ? text : grouped(wireDecimal(units, scale));
}

/** What the field shows of a draft's text: thousands grouped, unless the person's own signs are in it. */
export function shownNumber(text: string): string {
  return PLAIN.test(text) && !text.startsWith(".") ? grouped(text) : text;
}

export interface Edit {
  /** The draft's text after the edit. */
  text: string;
  /** Where the caret stands in what the field then shows. */
  caret: number;
}

/** An edit of the field. `before` is the draft's text, `typed` what the browser made of what was shown, with its
 * caret and the kind of edit ("deleteContentForward" …). Only the field's own commas are ever taken out. */
export function edited(before: string, typed: string, caret: number, kind = ""): Edit {
  const shown = shownNumber(before);
  const { left, inserted, removed, right } = difference(shown, typed, caret);
  const whole = left === "" && right === "" ? inserted.trim() : inserted;
  if (left === "" && right === "" && whole.length > 1 && GROUPED.test(whole))
    return placed(whole.replaceAll(",", ""), whole.replaceAll(",", "").length);
  if (shown === before) return placed(left + whole + right, left.length + whole.length);
  const digits = (part: string) => part.replaceAll(",", "");
  let [front, back] = [digits(left), digits(right)];
  // A key that only meets a comma means the digit behind it.
  if (removed === "," && inserted === "") {
    if (kind === "deleteContentForward") back = back.slice(1);
    else front = front.slice(0, -1);
  }
  return placed(front + inserted + back, front.length + inserted.length);
}

/** Both texts around what has changed; the caret stands behind what was put in. */
function difference(shown: string, typed: string, caret: number) {
  const right = typed.slice(caret);
  const end = shown.endsWith(right) ? shown.length - right.length : shown.length;
  let start = 0;
  const most = Math.min(end, caret);
  while (start < most && shown[start] === typed[start]) start += 1;
  const kept = shown.endsWith(right) ? right : "";
  const inserted = kept === right ? typed.slice(start, caret) : typed.slice(start);
  return { left: shown.slice(0, start), inserted, removed: shown.slice(start, end), right: kept };
}

/** The caret behind the first `count` characters of the text, where the field shows them. */
function placed(text: string, count: number): Edit {
  const shown = shownNumber(text);
  if (shown === text) return { text, caret: count };
  let seen = 0;
  for (let index = 0; index < shown.length; index += 1) {
    if (seen === count) return { text, caret: index };
    if (shown[index] !== ",") seen += 1;
  }
  return { text, caret: shown.length };
}
