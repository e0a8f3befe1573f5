import { useTranslation } from "react-i18next";
import { fromUnits, grouped } from "@/shared/numbers";
import { hasExits, hasTrigger, isAtMarket, needsCap } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { Problem } from "@/shared/order-draft/value-rules";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Fields.module.css";
import { PegFields } from "./PegFields";
import { type LineProps, PriceLine, useProblemText } from "./PriceLine";
import { Percents, Size } from "./SizeFields";
import { Exits, OcoStop, Trail, Trigger } from "./TriggerFields";
import { type FormActions, useFormActions } from "./use-form-actions";
import type { FormReading } from "./use-reading";

interface FieldsProps {
  terms: SymbolTerms;
  formReading: FormReading;
  problem: Problem | null;
}

/** The numbers that the kind of order has, and the buttons that fill them. */
export function Fields({ terms, formReading, problem }: FieldsProps) {
  const form = useDraft();
  const actions = useFormActions(terms, formReading);
  const problemText = useProblemText(problem);
  const line = { terms, actions, problemText };
  return (
    <>
      {form.kind === "bracket" && <EntryAt />}
      {form.kind === "trailing_stop" && <Trail terms={terms} problemText={problemText} />}
      {hasTrigger(form.kind) && form.kind !== "trailing_stop" && <Trigger {...line} />}
      {form.kind === "pegged" && <PegFields terms={terms} problemText={problemText} />}
      {!isAtMarket(form) && <Price {...line} formReading={formReading} />}
      {form.kind === "oco" && <OcoStop {...line} />}
      {form.kind === "oto" && (
        <PriceLine
          {...line}
          field="takeProfitPrice"
          labelKey={form.side === "buy" ? "thenSell" : "thenBuy"}
          inline
        />
      )}
      {needsCap(form) && <PriceLine {...line} field="cap" labelKey="cap" inline />}
      <Size {...line} />
      <Percents actions={actions} />
      {hasExits(form.kind) && <Exits {...line} />}
    </>
  );
}

/** Whether a bracket buys at a price or at market. */
function EntryAt() {
  const { t } = useTranslation("order");
  const { entryAt, change } = useDraft();
  return (
    <div className={styles.chips} role="group" aria-label={t("entry")}>
      {(["limit", "market"] as const).map((at) => (
        <button
          key={at}
          type="button"
          aria-pressed={entryAt === at}
          data-testid={`order-entry-${at}`}
          onClick={() => change({ entryAt: at })}
        >
          {t(at === "limit" ? "entryLimit" : "entryMarket")}
        </button>
      ))}
    </div>
  );
}

function Price({ formReading, ...line }: LineProps & { formReading: FormReading }) {
  const { kind } = useDraft();
  const labelKey = kind === "bracket" ? "entryPrice" : kind === "limit" ? "price" : "limitPrice";
  const buttons = <PriceButtons terms={line.terms} formReading={formReading} actions={line.actions} />;
  return <PriceLine {...line} field="price" labelKey={labelKey} controls={buttons} />;
}

interface PriceButtonsProps {
  terms: SymbolTerms;
  formReading: FormReading;
  actions: FormActions;
}

/** One per cent down or up, and the best prices of the book. */
function PriceButtons({ terms, formReading: { around }, actions }: PriceButtonsProps) {
  const { t } = useTranslation("order");
  const change = useDraft((form) => form.change);
  const best = (side: "bids" | "asks") => {
    const price = around[side][0]?.[0];
    const text = price === undefined ? undefined : fromUnits(price, terms.price_scale);
    return (
      <button
        type="button"
        disabled={text === undefined}
        title={text && grouped(text)}
        data-testid={`order-price-${side}`}
        onClick={() => text !== undefined && change({ price: text, priceField: "price" })}
      >
        {t(side === "bids" ? "bestBid" : "bestAsk")}
      </button>
    );
  };
  return (
    <span className={styles.chips}>
      <button type="button" data-testid="order-price-minus-1" onClick={() => actions.shiftPrice(-1)}>
        −1%
      </button>
      {best("bids")}
      {best("asks")}
      <button type="button" data-testid="order-price-plus-1" onClick={() => actions.shiftPrice(1)}>
        +1%
      </button>
    </span>
  );
}
