import { useId, useLayoutEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import styles from "./OrderForm.module.css";
import { groupTyped } from "./typing";

/** `large` with Shift, `least` (a tick, a lot) with Alt. */
export type StepSize = "least" | "usual" | "large";

interface NumberFieldProps {
  name: string;
  label: string;
  unit: string;
  value: string;
  decimals: number;
  /** What is wrong with it, in words. */
  problem: string | null;
  /** Grey text in the empty field. */
  placeholder?: string;
  onChange: (text: string) => void;
  onStep?: (direction: 1 | -1, size: StepSize) => void;
  onFocus?: () => void;
  /** The label stands in the box: for fields that come second. */
  inline?: boolean;
  controls?: React.ReactNode;
}

function sizeOf(event: React.KeyboardEvent | React.MouseEvent): StepSize {
  return event.shiftKey ? "large" : event.altKey ? "least" : "usual";
}

/** A number with its unit, − and + beside it, its problem below; arrow keys step. */
export function NumberField(props: NumberFieldProps) {
  const { t } = useTranslation("order");
  const id = useId();
  const { name, label, unit, value, decimals, problem, onChange, onStep } = props;
  const input = useRef<HTMLInputElement>(null);
  const caret = useRef<number | null>(null);
  useLayoutEffect(() => {
    if (caret.current !== null) input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  }, [value]);
  const onInput = (event: React.ChangeEvent<HTMLInputElement>) => {
    const grouped = groupTyped(event.target.value, event.target.selectionStart ?? event.target.value.length, decimals);
    caret.current = grouped.caret;
    onChange(grouped.text);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : null;
    if (direction === null || !onStep) return;
    event.preventDefault();
    onStep(direction, sizeOf(event));
  };
  const step = (direction: 1 | -1) => (
    <button
      type="button"
      tabIndex={-1}
      aria-label={t(direction === 1 ? "stepUp" : "stepDown", { field: label })}
      data-testid={`order-${name}-${direction === 1 ? "up" : "down"}`}
      onClick={(event) => onStep?.(direction, sizeOf(event))}
    >
      {direction === 1 ? "+" : "−"}
    </button>
  );
  return (
    <div className={styles.field}>
      {!props.inline && (
        <div className={styles.labelLine}>
          <label htmlFor={id}>
            {label} <small>{unit}</small>
          </label>
          {props.controls}
        </div>
      )}
      <div className={styles.box} data-invalid={problem !== null} data-inline={props.inline}>
        {props.inline && <label htmlFor={id}>{label}</label>}
        {onStep && !props.inline && step(-1)}
        <input
          ref={input}
          id={id}
          name={name}
          inputMode={decimals > 0 ? "decimal" : "numeric"}
          autoComplete="off"
          spellCheck={false}
          value={value}
          placeholder={props.placeholder}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          data-testid={`order-${name}`}
          onChange={onInput}
          onKeyDown={onKeyDown}
          onFocus={props.onFocus}
        />
        {props.inline && <small>{unit}</small>}
        {onStep && props.inline && step(-1)}
        {onStep && step(1)}
      </div>
      {problem !== null && (
        <p id={`${id}-problem`} className={styles.problem} role="alert" data-testid={`order-${name}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}
