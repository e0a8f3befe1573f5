// The numbers of the read-out, exact.

import { fromUnits, toUnits } from "@/shared/numbers";
import type { Candle } from "@/shared/wire/types";

/** Change of the close against the close before (or, for the first candle, its open): the difference as a
 * wire decimal, and per cent with two decimals. */
export function changeOf(
  candle: Candle,
  previous: Candle | undefined,
  scale: number,
): { by: string; percent: string } {
  const from = toUnits(previous?.close ?? candle.open, scale);
  const by = toUnits(candle.close, scale) - from;
  const hundredths = from === 0n ? 0n : roundedQuotient(by * 10_000n, from);
  return { by: fromUnits(by, scale), percent: fromUnits(hundredths, 2) };
}

/** A quotient rounded half away from zero. */
function roundedQuotient(dividend: bigint, divisor: bigint): bigint {
  const half = divisor / 2n;
  return (dividend < 0n ? dividend - half : dividend + half) / divisor;
}
