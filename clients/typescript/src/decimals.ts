// Exact decimals: the exchange's strings, and BigInt to compare and add. Never floats.

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]+))?$/;

/** A decimal as an integer of 10^-scale. Throws RangeError for what is no decimal, or is finer than the scale. */
export function toUnits(text: string, scale: number): bigint {
  const match = DECIMAL.exec(text);
  const fraction = match?.[3] ?? "";
  if (!match || fraction.length > scale) throw new RangeError(`no decimal of ${scale} places: ${text}`);
  const units = BigInt(match[2] + fraction.padEnd(scale, "0"));
  return match[1] ? -units : units;
}

/** The decimal of an integer of 10^-scale, without trailing zeros, as the exchange writes it. */
export function fromUnits(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${whole}${fraction && `.${fraction}`}`;
}

/** Below, at or above zero as `one` is less than, equal to or more than `other`. */
export function compareDecimals(one: string, other: string): number {
  const scale = Math.max(places(one), places(other));
  const difference = toUnits(one, scale) - toUnits(other, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function places(text: string): number {
  return text.includes(".") ? text.length - text.indexOf(".") - 1 : 0;
}
