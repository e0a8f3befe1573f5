import { toUnits } from "@/shared/numbers";
import type { Level } from "@/shared/wire/types";

export interface Row {
  price: string;
  quantity: string;
  /** Sum of the quantities from the best price to this one, in the finest unit. */
  total: bigint;
  /** The bar behind the row: this sum's share of `most`, 0 to 100. */
  sharePercent: number;
}

/** Levels, best first, with their running sums. */
export function accumulate(levels: readonly Level[], scale: number, most: bigint): Row[] {
  let total = 0n;
  return levels.map(([price, quantity]) => {
    total += toUnits(quantity, scale);
    const sharePercent = most === 0n ? 0 : Number((total * 1000n) / most) / 10;
    return { price, quantity, total, sharePercent };
  });
}
