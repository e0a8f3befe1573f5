// The next price or quantity up or down from a typed one: by the arrow keys, and by − and + of the form.

import { quantityStep, stepPrice, stepQuantity } from "@/shared/market/grid";
import { fromUnits, toUnits, wireDecimal } from "@/shared/numbers";
import { parseTyped, plainNumber } from "@/shared/typed-number";
import type { StepSize } from "@/shared/ui/NumberInput";
import type { SymbolTerms } from "@/shared/wire/types";

/** Steps with Shift held. */
const LARGE = 10;

/** The price a step (or ten) from a typed one, as text; null where none was typed. */
export function steppedPrice(
  terms: SymbolTerms,
  typed: string,
  direction: 1 | -1,
  size: StepSize,
): string | null {
  let price = parseTyped(typed, terms.price_scale);
  if (price === null) return null;
  for (let count = 0; count < (size === "large" ? LARGE : 1); count += 1)
    price = stepPrice(terms, price, direction);
  return fromUnits(price, terms.price_scale);
}

/** The quantity a step from a typed one, as text; null where none was typed. The decimals typed stay, so that
 * the next step is as large as this one. */
export function steppedQuantity(
  terms: SymbolTerms,
  typed: string,
  direction: 1 | -1,
  size: StepSize,
): string | null {
  const scale = terms.quantity_scale;
  const quantity = parseTyped(typed, scale);
  const plain = plainNumber(typed, scale);
  if (quantity === null || plain === null) return null;
  const usual = quantityStep(terms, plain);
  const step = { least: toUnits(terms.lot_size, scale), usual, large: usual * BigInt(LARGE) }[size];
  const next = stepQuantity(terms, quantity, step, direction);
  const decimals = Math.min(plain.split(".")[1]?.length ?? 0, scale);
  const text = fromUnits(next, scale);
  const kept = decimals === 0 ? (text.split(".")[0] ?? "") : text.slice(0, text.length - scale + decimals);
  return toUnits(kept, scale) === next ? kept : wireDecimal(next, scale);
}
