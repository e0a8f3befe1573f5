import { useTranslation } from "react-i18next";
import { mayNameAmount, namesAmount } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Fields.module.css";
import { NumberField } from "./NumberField";
import type { LineProps } from "./PriceLine";
import type { FormActions } from "./use-form-actions";

export function Size({ terms, actions, problemText }: LineProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const unit = mayNameAmount(form) ? <AmountUnit terms={terms} /> : undefined;
  if (namesAmount(form)) {
    return (
      <NumberField
        key="quoteAmount"
        name="quoteAmount"
        label={t(form.side === "buy" ? "spend" : "sellFor")}
        unit={terms.quote_asset}
        value={form.quoteAmount}
        decimals={terms.quote_scale}
        problem={problemText("quoteAmount")}
        onChange={(quoteAmount) => form.change({ quoteAmount })}
        controls={unit}
      />
    );
  }
  return (
    <NumberField
      key="quantity"
      name="quantity"
      label={t("quantity")}
      unit={terms.base_asset}
      value={form.quantity}
      decimals={terms.quantity_scale}
      problem={problemText("quantity")}
      onChange={(quantity) => form.change({ quantity })}
      onStep={actions.stepQuantity}
      controls={unit}
    />
  );
}

/** Whether an order at market names a quantity or an amount. */
function AmountUnit({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("order");
  const { amountIn, change } = useDraft();
  return (
    <span className={styles.chips} role="group" aria-label={t("amountIn")}>
      {(["base", "quote"] as const).map((unit) => (
        <button
          key={unit}
          type="button"
          aria-pressed={amountIn === unit}
          data-testid={`order-amount-${unit}`}
          onClick={() => change({ amountIn: unit })}
        >
          {unit === "base" ? terms.base_asset : terms.quote_asset}
        </button>
      ))}
    </span>
  );
}

export function Percents({ actions }: { actions: FormActions }) {
  const { t } = useTranslation("order");
  const percent = useDraft((form) => form.percent);
  return (
    <div className={styles.percents} role="group" aria-label={t("shareOfAvailable")}>
      {[25, 50, 75, 100].map((share) => (
        <button
          key={share}
          type="button"
          aria-pressed={percent === share}
          data-testid={`order-percent-${share}`}
          onClick={() => actions.takePercent(share)}
        >
          {share}%
        </button>
      ))}
    </div>
  );
}
