import { useTranslation } from "react-i18next";
import { exitSide, firesBelow, hasExits } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Fields.module.css";
import { NumberField } from "./NumberField";
import { PERCENT_SCALE } from "./order-rules";
import { type LineProps, PriceLine, type ProblemText } from "./PriceLine";

export function Trigger(line: LineProps) {
  const { kind, side } = useDraft();
  return (
    <PriceLine
      {...line}
      field="triggerPrice"
      labelKey="trigger"
      sign={firesBelow(kind, side) ? "≤" : "≥"}
      controls={<WatchedPrice />}
    />
  );
}

/** What the trigger watches: the last price or the quote. */
export function WatchedPrice() {
  const { t } = useTranslation("order");
  const { triggerSource, side, kind, change } = useDraft();
  // Of an order with exits one of these watches.
  const watchesAsk = (hasExits(kind) ? exitSide({ side }) : side) === "buy";
  return (
    <span className={styles.chips} role="group" aria-label={t("triggerSource")}>
      {(["last", "quote"] as const).map((source) => (
        <button
          key={source}
          type="button"
          aria-pressed={triggerSource === source}
          data-testid={`order-source-${source}`}
          onClick={() => change({ triggerSource: source })}
        >
          {t(source === "last" ? "lastPrice" : watchesAsk ? "bestAsk" : "bestBid")}
        </button>
      ))}
    </span>
  );
}

/** The distance a trailing stop keeps. */
export function Trail({ terms, problemText }: { terms: SymbolTerms; problemText: ProblemText }) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const byPercent = form.trailBy === "percent";
  const field = byPercent ? "trailPercent" : "trailOffset";
  const units = (
    <span className={styles.chips} role="group" aria-label={t("trailBy")}>
      {(["percent", "offset"] as const).map((by) => (
        <button
          key={by}
          type="button"
          aria-pressed={form.trailBy === by}
          data-testid={`order-trail-${by}`}
          onClick={() => form.change({ trailBy: by })}
        >
          {by === "percent" ? "%" : terms.quote_asset}
        </button>
      ))}
      <WatchedPrice />
    </span>
  );
  return (
    <NumberField
      key={field}
      name={field}
      label={t("trail")}
      unit={byPercent ? "%" : terms.quote_asset}
      value={form[field]}
      decimals={byPercent ? PERCENT_SCALE : terms.price_scale}
      problem={problemText(field)}
      onChange={(text) => form.change({ [field]: text })}
      controls={units}
    />
  );
}

export function OcoStop(line: LineProps) {
  const { t } = useTranslation("order");
  const { side } = useDraft();
  const placeholder = side === "sell" ? t("atMarket") : "";
  return (
    <>
      <PriceLine
        {...line}
        field="triggerPrice"
        labelKey="stopTrigger"
        sign={firesBelow("stop", side) ? "≤" : "≥"}
        controls={<WatchedPrice />}
      />
      <PriceLine {...line} field="stopLimitPrice" labelKey="stopLimit" placeholder={placeholder} inline />
    </>
  );
}

/** Where what the order traded leaves again. */
export function Exits(line: LineProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const sells = exitSide(form) === "sell";
  const placeholder = sells ? t("atMarket") : "";
  return (
    <>
      <PriceLine {...line} field="takeProfitPrice" labelKey="takeProfit" inline />
      <PriceLine {...line} field="stopPrice" labelKey="stopTrigger" sign={sells ? "≤" : "≥"} inline />
      <PriceLine {...line} field="stopLimitPrice" labelKey="stopLimit" placeholder={placeholder} inline />
    </>
  );
}
