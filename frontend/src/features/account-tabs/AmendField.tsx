import { useTranslation } from "react-i18next";
import { groupTyped } from "@/features/order-form/typing";
import { useErrorText } from "@/shared/errors";
import buttons from "@/shared/ui/Button.module.css";
import type { Order } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";
import { type AmendReading, hasPrice, hasTrigger, type NewFigures, readAmendment } from "./amend";
import styles from "./AccountTabs.module.css";

/** What a person has typed over an open order. */
export interface Draft extends NewFigures {
  order: Order;
}

export function readingOf(draft: Draft, spec: SymbolSpec | undefined): AmendReading | null {
  return spec ? readAmendment(draft.order, draft, spec) : null;
}

const LABELS = { trigger: "columns.trigger", price: "columns.price", quantity: "newTotal" } as const;
/** The field of a problem that concerns it. */
const FIELDS = { trigger: "triggerPrice", price: "price", quantity: "quantity" } as const;

interface AmendFieldProps {
  draft: Draft;
  name: keyof NewFigures;
  spec: SymbolSpec | undefined;
  setDraft: (draft: Draft | null) => void;
  onSave: () => void;
}

/** A cell of an open order that is being changed. Enter saves, Esc leaves it as it was. */
export function AmendField({ draft, name, spec, setDraft, onSave }: AmendFieldProps) {
  const { t } = useTranslation("orders");
  const errorText = useErrorText();
  const problem = readingOf(draft, spec)?.problem ?? null;
  const words = problem?.field === FIELDS[name] ? errorText(problem.code, problem.values) : null;
  const decimals = spec?.[name === "quantity" ? "quantity_scale" : "price_scale"] ?? 0;
  const first = hasTrigger(draft.order) ? "trigger" : hasPrice(draft.order) ? "price" : "quantity";
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.nativeEvent.stopImmediatePropagation();
    if (event.key === "Enter") onSave();
    else setDraft(null);
  };
  return (
    <span className={styles.amend}>
      <input
        className={buttons.input}
        inputMode={decimals > 0 ? "decimal" : "numeric"}
        autoFocus={name === first}
        aria-label={t(LABELS[name])}
        aria-invalid={words !== null}
        title={name === "quantity" ? t("newTotal") : undefined}
        value={draft[name]}
        data-testid={`amend-${name}`}
        onChange={(event) => {
          const { value } = event.target;
          setDraft({ ...draft, [name]: groupTyped(value, value.length, decimals).text });
        }}
        onKeyDown={onKeyDown}
      />
      {words && <small role="alert">{words}</small>}
    </span>
  );
}
