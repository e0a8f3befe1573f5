import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { fromUnits, grouped } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import type { Field, Problem } from "./check";
import { useOrderForm } from "./form-store";
import { NumberField } from "./NumberField";
import styles from "./OrderForm.module.css";
import { type FormActions, useFormActions } from "./use-form-actions";
import type { FormReading } from "./use-reading";

interface FieldsProps {
  spec: SymbolSpec;
  formReading: FormReading;
  problem: Problem | null;
}

/** Price, quantity or amount, and the buttons that fill them. */
export function Fields({ spec, formReading, problem }: FieldsProps) {
  const { t } = useTranslation("order");
  const errorText = useErrorText();
  const form = useOrderForm();
  const actions = useFormActions(spec, formReading);
  const wordsFor = (field: Field) => (problem?.field === field ? errorText(problem.code, problem.values) : null);
  const inQuote = form.kind === "market" && form.side === "buy" && form.amountIn === "quote";
  return (
    <>
      {form.kind === "limit" && (
        <div>
          <NumberField
            name="price"
            label={t("price")}
            unit={spec.quote_asset}
            value={form.price}
            decimals={spec.price_scale}
            problem={wordsFor("price")}
            onChange={(price) => form.change({ price })}
            onStep={actions.stepPrice}
            controls={<PriceButtons spec={spec} formReading={formReading} actions={actions} />}
          />
        </div>
      )}
      {inQuote ? (
        <NumberField
          name="quoteAmount"
          label={t("spend")}
          unit={spec.quote_asset}
          value={form.quoteAmount}
          decimals={spec.quote_scale}
          problem={wordsFor("quoteAmount")}
          onChange={(quoteAmount) => form.change({ quoteAmount })}
          controls={<AmountUnit spec={spec} />}
        />
      ) : (
        <NumberField
          name="quantity"
          label={t("quantity")}
          unit={spec.base_asset}
          value={form.quantity}
          decimals={spec.quantity_scale}
          problem={wordsFor("quantity")}
          onChange={(quantity) => form.change({ quantity })}
          onStep={actions.stepQuantity}
          controls={form.kind === "market" && form.side === "buy" ? <AmountUnit spec={spec} /> : undefined}
        />
      )}
      <Percents actions={actions} />
    </>
  );
}

interface PriceButtonsProps {
  spec: SymbolSpec;
  formReading: FormReading;
  actions: FormActions;
}

/** One per cent down or up, and the best prices of the book. */
function PriceButtons({ spec, formReading: { around }, actions }: PriceButtonsProps) {
  const { t } = useTranslation("order");
  const fillPrice = useOrderForm((form) => form.fillPrice);
  const best = (side: "bids" | "asks") => {
    const price = around[side][0]?.[0];
    return (
      <button
        type="button"
        disabled={price === undefined}
        title={price === undefined ? undefined : grouped(fromUnits(price, spec.price_scale))}
        data-testid={`order-price-${side}`}
        onClick={() => price !== undefined && fillPrice(fromUnits(price, spec.price_scale))}
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

/** Whether a market buy names a quantity or what to spend. */
function AmountUnit({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation("order");
  const { amountIn, change } = useOrderForm();
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
          {unit === "base" ? spec.base_asset : spec.quote_asset}
        </button>
      ))}
    </span>
  );
}

function Percents({ actions }: { actions: FormActions }) {
  const { t } = useTranslation("order");
  const percent = useOrderForm((form) => form.percent);
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
