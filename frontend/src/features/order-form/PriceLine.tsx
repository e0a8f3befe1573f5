import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import type { Field, PriceField } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { Problem } from "@/shared/order-draft/value-rules";
import type { SymbolTerms } from "@/shared/wire/types";
import { NumberField } from "./NumberField";
import type { FormActions } from "./use-form-actions";

export type ProblemText = (field: Field) => string | null;

/** The text of the problem of a field; null without one. */
export function useProblemText(problem: Problem | null): ProblemText {
  const errorText = useErrorText();
  return (field) => (problem?.field === field ? errorText(problem.code, problem.values) : null);
}

export interface LineProps {
  terms: SymbolTerms;
  actions: FormActions;
  problemText: ProblemText;
}

interface PriceLineProps extends LineProps {
  field: PriceField;
  /** The key of its label. */
  labelKey:
    | "price"
    | "limitPrice"
    | "entryPrice"
    | "trigger"
    | "cap"
    | "stopTrigger"
    | "stopLimit"
    | "takeProfit"
    | "thenSell"
    | "thenBuy";
  /** Beside the label: which way the market has to go. */
  sign?: string;
  placeholder?: string;
  controls?: React.ReactNode;
  inline?: boolean;
}

/** A price of the draft, stepped by ticks. A price of the book goes where the person was last. */
export function PriceLine({ terms, actions, problemText, field, labelKey, sign, ...rest }: PriceLineProps) {
  const { t } = useTranslation("order");
  const form = useDraft();
  return (
    <NumberField
      name={field}
      label={sign ? `${t(labelKey)} ${sign}` : t(labelKey)}
      unit={terms.quote_asset}
      value={form[field]}
      decimals={terms.price_scale}
      problem={problemText(field)}
      onChange={(text) => form.change({ [field]: text, priceField: field })}
      onFocus={() => form.priceField !== field && useDraft.setState({ priceField: field })}
      onStep={(direction, size) => actions.stepPrice(field, direction, size)}
      {...rest}
    />
  );
}
