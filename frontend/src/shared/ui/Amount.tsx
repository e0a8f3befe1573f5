import { fixed, grouped, signOf, splitZeros } from "@/shared/numbers";

interface AmountProps {
  text: string | null | undefined;
  decimals: number;
  /** A plus before what is positive, and the colours of rise and fall. */
  signed?: boolean;
  /** Every digit there is, however many more than `decimals`. */
  exact?: boolean;
}

/** An amount with its column's decimals, trailing zeros dimmed; a dash for what is not known. */
export function Amount({ text, decimals, signed = false, exact = false }: AmountProps) {
  if (text === null || text === undefined) return <>–</>;
  const shown = exact && (text.split(".")[1]?.length ?? 0) > decimals ? grouped(text) : fixed(text, decimals);
  const [kept, zeros] = splitZeros(shown);
  const sign = signOf(shown);
  // What rounds to nothing is nothing: no "-0".
  const body = sign === 0 ? kept.replace("-", "") : kept;
  return (
    <span className={signed ? (["fall", "", "rise"] as const)[sign + 1] : undefined}>
      {signed && sign > 0 ? "+" : ""}
      {body}
      {zeros && <span className="zeros">{zeros}</span>}
    </span>
  );
}

/** A signed percentage of two decimals, with the colours of rise and fall. */
export function Percent({ text }: { text: string | null }) {
  if (text === null) return <>–</>;
  const shown = fixed(text, 2);
  const sign = signOf(shown);
  return (
    <span className={(["fall", undefined, "rise"] as const)[sign + 1]}>
      {sign > 0 ? "+" : ""}
      {sign === 0 ? shown.replace("-", "") : shown}%
    </span>
  );
}
