// Fills of one order, added up for a toast.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Fill } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";
import { wire } from "@/features/order-form/maths";

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

export function addFill(before: FillSum | null, fill: Fill, spec: SymbolSpec, now: number): FillSum {
  const quantity = (before?.quantity ?? 0n) + toUnits(fill.quantity, spec.quantity_scale);
  return {
    count: (before?.count ?? 0) + 1,
    quantity,
    quantityText: wire(quantity, spec.quantity_scale),
    amount: (before?.amount ?? 0n) + toUnits(fill.amount, spec.quote_scale),
    at: now,
  };
}

/** Amount over quantity, rounded to the nearest price unit. */
export function averagePrice(sum: FillSum, spec: SymbolSpec): string {
  if (sum.quantity === 0n) return "0";
  const unit = sum.quantity * 10n ** BigInt(spec.quote_scale - spec.price_scale - spec.quantity_scale);
  return fromUnits((2n * sum.amount + unit) / (2n * unit), spec.price_scale);
}
