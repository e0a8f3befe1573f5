import { useTranslation } from "react-i18next";
import { PEGS, type Peg, type Side } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Fields.module.css";
import { NumberField } from "./NumberField";
import type { ProblemText } from "./PriceLine";

/** What a pegged order follows, and how far it stays from there. */
export function PegFields({ terms, problemText }: { terms: SymbolTerms; problemText: ProblemText }) {
  const { t } = useTranslation("order");
  const { side, peg, pegOffset, change } = useDraft();
  const references = (
    <span className={styles.chips} role="group" aria-label={t("pegTo")}>
      {PEGS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={peg === each}
          data-testid={`order-peg-${each}`}
          onClick={() => change({ peg: each })}
        >
          {t(labelOf(each, side))}
        </button>
      ))}
    </span>
  );
  return (
    <NumberField
      name="pegOffset"
      label={t(side === "buy" ? "pegBelow" : "pegAbove")}
      unit={terms.quote_asset}
      value={pegOffset}
      decimals={terms.price_scale}
      problem={problemText("pegOffset")}
      placeholder="0"
      onChange={(text) => change({ pegOffset: text })}
      controls={references}
    />
  );
}

function labelOf(peg: Peg, side: Side): "mid" | "bestBid" | "bestAsk" {
  if (peg === "mid") return "mid";
  return (peg === "primary") === (side === "buy") ? "bestBid" : "bestAsk";
}
