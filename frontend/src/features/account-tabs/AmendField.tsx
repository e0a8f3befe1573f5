import { useTranslation } from "react-i18next";
import { useErrorText } from "@/shared/errors";
import { steppedPrice, steppedQuantity } from "@/shared/order-draft/steps";
import buttons from "@/shared/ui/Button.module.css";
import { NumberInput, type StepSize } from "@/shared/ui/NumberInput";
import type { Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./AccountTabs.module.css";
import { type AmendReading, hasOwnTrigger, hasPrice, type NewFigures, readAmendment } from "./amend";

/** What a person has typed over an open order. */
export interface AmendDraft extends NewFigures {
  order: Order;
}

export function readingOf(draft: AmendDraft, terms: SymbolTerms | undefined): AmendReading | null {
  return terms ? readAmendment(draft.order, draft, terms) : null;
}

const LABELS = { trigger: "columns.trigger", price: "columns.price", quantity: "newTotal" } as const;
/** The field of a problem that concerns it. */
const FIELDS = { trigger: "triggerPrice", price: "price", quantity: "quantity" } as const;

interface AmendFieldProps {
  draft: AmendDraft;
  name: keyof NewFigures;
  terms: SymbolTerms | undefined;
  setDraft: (draft: AmendDraft | null) => void;
  onSave: () => void;
}

/** A cell of an open order that is being changed. Arrow keys step, Enter saves, Esc leaves it as it was. */
export function AmendField({ draft, name, terms, setDraft, onSave }: AmendFieldProps) {
  const { t } = useTranslation("orders");
  const errorText = useErrorText();
  const problem = readingOf(draft, terms)?.problem ?? null;
  const text = problem?.field === FIELDS[name] ? errorText(problem.code, problem.values) : null;
  const decimals = terms?.[name === "quantity" ? "quantity_scale" : "price_scale"] ?? 0;
  const first = hasOwnTrigger(draft.order) ? "trigger" : hasPrice(draft.order) ? "price" : "quantity";
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.nativeEvent.stopImmediatePropagation();
    if (event.key === "Enter") onSave();
    else setDraft(null);
  };
  const change = (value: string) => setDraft({ ...draft, [name]: value });
  const onStep = (direction: 1 | -1, size: StepSize) => {
    const stepped = name === "quantity" ? steppedQuantity : steppedPrice;
    const next = terms ? stepped(terms, draft[name], direction, size) : null;
    if (next !== null) change(next);
  };
  return (
    <span className={styles.amend}>
      <NumberInput
        className={buttons.input}
        // The button that was pressed has become this field.
        autoFocus={name === first}
        aria-label={t(LABELS[name])}
        aria-invalid={text !== null}
        title={name === "quantity" ? t("newTotal") : undefined}
        value={draft[name]}
        decimals={decimals}
        data-testid={`amend-${name}`}
        onChange={change}
        onStep={onStep}
        onKeyDown={onKeyDown}
      />
      {text && <small role="alert">{text}</small>}
    </span>
  );
}
