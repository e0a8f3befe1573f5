// Decimal strings as the wire sends them, without ever becoming floats: prices and quantities are
// BigInts in the symbol's finest unit while we calculate, and text while we show them.

/** "0.015" with scale 8 → 1500000n. Digits beyond the scale are not expected and are cut. */
export function toUnits(text: string, scale: number): bigint {
  const negative = text.startsWith("-");
  const [whole = "0", fraction = ""] = (negative ? text.slice(1) : text).split(".");
  const units = BigInt(whole + fraction.padEnd(scale, "0").slice(0, scale));
  return negative ? -units : units;
}

/** 1500000n with scale 8 → "0.01500000": always all decimals, so that columns line up. */
export function fromUnits(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, "0");
  const sign = units < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** Thousands grouped with commas: "95000000.5" → "95,000,000.5". */
export function grouped(text: string): string {
  const [whole = "", fraction] = text.split(".");
  const withCommas = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? withCommas : `${withCommas}.${fraction}`;
}

/** A wire decimal with exactly `decimals` decimals, grouped. */
export function fixed(text: string, decimals: number): string {
  return grouped(fromUnits(toUnits(text, decimals), decimals));
}

/** Splits a number into its significant part and the trailing zeros that only line it up. */
export function splitZeros(text: string): [string, string] {
  if (!text.includes(".")) return [text, ""];
  const kept = text.replace(/\.?0+$/, "");
  return [kept, text.slice(kept.length)];
}

/** "0.0500" → "0.05", "100" stays. */
export function trimZeros(text: string): string {
  return splitZeros(text)[0];
}

const BIG_STEPS_EN: [bigint, string][] = [
  [10n ** 12n, "T"],
  [10n ** 9n, "B"],
  [10n ** 6n, "M"],
  [10n ** 3n, "K"],
];
const BIG_STEPS_KO: [bigint, string][] = [
  [10n ** 12n, "조"],
  [10n ** 8n, "억"],
  [10n ** 4n, "만"],
];

/** A large amount in the largest fitting unit: "1234567890.1" → "1.23B", in Korean "12.34억". */
export function abbreviated(text: string, language: "en" | "ko"): string {
  const hundredths = toUnits(text, 2);
  for (const [step, unit] of language === "ko" ? BIG_STEPS_KO : BIG_STEPS_EN) {
    if (hundredths >= step * 100n) return grouped(fromUnits(hundredths / step, 2)) + unit;
  }
  return hundredths < 100n && !text.startsWith("-") ? smallNumber(text) : grouped(fromUnits(hundredths, 2));
}

/** Zeros behind the dot after which a number is only said to be small. */
const MOST_ZEROS = 8;

/** What is below one with two digits that say something: "0.000912" → "0.00091". Nothing becomes "0.00" that is
 * not nothing. */
function smallNumber(text: string): string {
  const zeros = /^0*\.(0*)[1-9]/.exec(text)?.[1]?.length ?? 0;
  if (zeros > MOST_ZEROS) return `<0.${"0".repeat(MOST_ZEROS)}1`;
  return fixed(text, zeros + 2).replace(/(\.\d\d+?)0+$/, "$1");
}

/** -1, 0 or 1. */
export function signOf(text: string | null | undefined): -1 | 0 | 1 {
  if (!text || !/[1-9]/.test(text)) return 0;
  return text.startsWith("-") ? -1 : 1;
}

/** A number for the wire: no group commas, no needless zeros. */
export function wireDecimal(units: bigint, scale: number): string {
  return trimZeros(fromUnits(units, scale));
}
