// Rules of the exchange about single values, with its codes: each gives the reason a value would be refused,
// or null.

import { onLot, tickAt } from "@/shared/market/grid";
import { toUnits, wireDecimal } from "@/shared/numbers";
import { parseTyped } from "@/shared/typed-number";
import type { SymbolTerms } from "@/shared/wire/types";
import type { Draft, Field, PriceField } from "./draft";

/** A reason not to send, as a wire code, with the field it concerns. */
export interface Problem {
  field: Field;
  code: string;
  values?: Record<string, string>;
}

export function priceProblem(
  text: string,
  price: bigint | null,
  terms: SymbolTerms,
  field: Field = "price",
): Problem | null {
  if (text.trim() === "") return { field, code: "MISSING_FIELD" };
  if (price === null) return { field, code: "INVALID_NUMBER" };
  const outside =
    price < toUnits(terms.min_price, terms.price_scale) ||
    price > toUnits(terms.max_price, terms.price_scale);
  if (outside) {
    return {
      field,
      code: "PRICE_OUT_OF_BOUNDS",
      values: { minimum: terms.min_price, maximum: terms.max_price },
    };
  }
  const tick = tickAt(terms, price);
  if (price % tick === 0n) return null;
  return { field, code: "PRICE_OFF_TICK", values: { tick_size: wireDecimal(tick, terms.price_scale) } };
}

/** The problem of a field of the draft that holds a price. `optional`: it may be empty. */
export function priceFieldProblem(
  draft: Draft,
  field: PriceField,
  terms: SymbolTerms,
  optional = false,
): Problem | null {
  const text = draft[field];
  if (optional && text.trim() === "") return null;
  return priceProblem(text, parseTyped(text, terms.price_scale), terms, field);
}

export function quantityProblem(text: string, quantity: bigint | null, terms: SymbolTerms): Problem | null {
  if (text.trim() === "") return { field: "quantity", code: "MISSING_FIELD" };
  if (quantity === null) return { field: "quantity", code: "INVALID_NUMBER" };
  const outside =
    quantity < toUnits(terms.min_quantity, terms.quantity_scale) ||
    quantity > toUnits(terms.max_quantity, terms.quantity_scale);
  if (outside) {
    const values = { minimum: terms.min_quantity, maximum: terms.max_quantity };
    return { field: "quantity", code: "QUANTITY_OUT_OF_BOUNDS", values };
  }
  if (onLot(terms, quantity) === quantity) return null;
  return { field: "quantity", code: "QUANTITY_OFF_LOT", values: { lot_size: terms.lot_size } };
}

export function amountProblem(text: string, amount: bigint | null): Problem | null {
  if (text.trim() === "") return { field: "quoteAmount", code: "MISSING_FIELD" };
  if (amount === 0n) return { field: "quoteAmount", code: "INVALID_AMOUNT" };
  return amount === null ? { field: "quoteAmount", code: "INVALID_NUMBER" } : null;
}

/** What an order is worth, against the least and the most of the symbol. */
export function valueProblem(value: bigint | null, terms: SymbolTerms, field: Field): Problem | null {
  if (value === null) return null;
  if (value < toUnits(terms.min_notional, terms.quote_scale)) {
    return {
      field,
      code: "BELOW_MIN_NOTIONAL",
      values: { minimum: terms.min_notional, asset: terms.quote_asset },
    };
  }
  if (terms.max_notional !== null && value > toUnits(terms.max_notional, terms.quote_scale)) {
    return {
      field,
      code: "ABOVE_MAX_NOTIONAL",
      values: { maximum: terms.max_notional, asset: terms.quote_asset },
    };
  }
  return null;
}

export function displayProblem(text: string, quantity: bigint | null, terms: SymbolTerms): Problem | null {
  if (text.trim() === "") return null;
  const shown = parseTyped(text, terms.quantity_scale);
  if (shown === null) return { field: "displayQuantity", code: "INVALID_NUMBER" };
  const least = toUnits(terms.min_quantity, terms.quantity_scale);
  if (onLot(terms, shown) !== shown) {
    return { field: "displayQuantity", code: "QUANTITY_OFF_LOT", values: { lot_size: terms.lot_size } };
  }
  if (shown >= least && shown > 0n && (quantity === null || shown < quantity)) return null;
  return { field: "displayQuantity", code: "DISPLAY_OUT_OF_BOUNDS", values: { minimum: terms.min_quantity } };
}

/** What an order is to trade at least as it enters. */
export function minimumProblem(text: string, quantity: bigint | null, terms: SymbolTerms): Problem | null {
  if (text.trim() === "") return null;
  const least = parseTyped(text, terms.quantity_scale);
  if (least === null) return { field: "minQuantity", code: "INVALID_NUMBER" };
  if (least > 0n && (quantity === null || least <= quantity)) return null;
  return { field: "minQuantity", code: "MINIMUM_OUT_OF_BOUNDS" };
}
