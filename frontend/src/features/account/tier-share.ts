import { toUnits } from "@/shared/numbers";

/** More decimals than any currency's amounts have. */
const SCALE = 18;

/** How much of a tier's least volume is reached, in whole percent from 0 to 100. */
export function shareOf(volume: string, least: string): number {
  const whole = toUnits(least, SCALE);
  if (whole <= 0n) return 100;
  const share = Number((toUnits(volume, SCALE) * 100n) / whole);
  return Math.min(100, Math.max(0, share));
}
