import { RATE_SCALE } from "@/shared/market/amounts";
import { fromUnits, toUnits } from "@/shared/numbers";

/** A fraction as a percentage: "0.0005" → "0.05%". At least two decimals. */
export function percentOf(rate: string): string {
  const text = fromUnits(toUnits(rate, RATE_SCALE), RATE_SCALE - 2);
  return `${text.replace(/0{1,2}$/, "")}%`;
}
