import { fixed, splitZeros } from "@/shared/numbers";

/** A quantity with all its decimals, the trailing zeros dimmed. */
export function Quantity({ text, scale }: { text: string; scale: number }) {
  const [kept, zeros] = splitZeros(fixed(text, scale));
  return (
    <>
      {kept}
      {zeros && <span className="zeros">{zeros}</span>}
    </>
  );
}
