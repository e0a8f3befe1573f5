// Fills of one order, added up for a toast.

import { fromUnits, toUnits, wireDecimal } from "@/shared/numbers";
import type { Fill } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";

export interface FillSum {
  count: number;
  /** In the symbol's quantity units. */
  quantity: bigint;
  quantityText: string;
  /** In the quote asset's minor units. */
  amount: bigint;
  /** When the last one came. */
  at: number;
}

export function addFill(before: FillSum | null, fill: Fill, terms: SymbolTerms, now: number): FillSum {
  const quantity = (before?.quantity ?? 0n) + toUnits(fill.quantity, terms.quantity_scale);
  return {
    count: (before?.count ?? 0) + 1,
    quantity,
    quantityText: wireDecimal(quantity, terms.quantity_scale),
    amount: (before?.amount ?? 0n) + toUnits(fill.amount, terms.quote_scale),
    at: now,
  };
}

/** Amount over quantity, rounded to the nearest price unit. */
export function averagePrice(sum: FillSum, terms: SymbolTerms): string {
  if (sum.quantity === 0n) return "0";
  const unit = sum.quantity * 10n ** BigInt(terms.quote_scale - terms.price_scale - terms.quantity_scale);
  return fromUnits((2n * sum.amount + unit) / (2n * unit), terms.price_scale);
}
