import { signOf } from "@/shared/numbers";
import type { Ticker } from "@/shared/wire/types";

const ARROWS = { "-1": "▼", "0": "", "1": "▲" } as const;

/** The 24-hour change in per cent, with an arrow beside the colour. */
export function Change({ ticker }: { ticker: Ticker | undefined }) {
  const percent = ticker?.price_change_percent_24h;
  if (percent === null || percent === undefined) return <>–</>;
  const sign = signOf(percent);
  const [whole = "0", fraction = ""] = percent.replace("-", "").split(".");
  return (
    <span className={sign > 0 ? "rise" : sign < 0 ? "fall" : ""}>
      {ARROWS[sign]} {whole}.{fraction.padEnd(2, "0").slice(0, 2)}%
    </span>
  );
}
