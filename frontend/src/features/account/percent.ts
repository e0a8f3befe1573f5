import { fromUnits, toUnits } from "@/shared/numbers";

/** Decimals of a rate on the wire: millionths. */
const RATE_SCALE = 6;

/** A fraction as a percentage: "0.0005" → "0.05%". At least two decimals. */
export function percentOf(rate: string): string {
  const text = fromUnits(toUnits(rate, RATE_SCALE), RATE_SCALE - 2);
  return `${text.replace(/0{1,2}$/, "")}%`;
}
