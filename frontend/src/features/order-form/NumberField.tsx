import { useId } from "react";
import { useTranslation } from "react-i18next";
import { NumberInput, type Step, stepSize } from "@/shared/ui/NumberInput";
import styles from "./Fields.module.css";

interface NumberFieldProps {
  name: string;
  label: string;
  unit: string;
  value: string;
  decimals: number;
  /** The text of its problem; null without one. */
  problem: string | null;
  /** Grey text in the empty field. */
  placeholder?: string;
  onChange: (text: string) => void;
  onStep?: Step;
  onFocus?: () => void;
  /** The label stands in the box: for fields that come second. */
  inline?: boolean;
  controls?: React.ReactNode;
}

/** A number with its unit, − and + beside it, its problem below; arrow keys step. */
export function NumberField(props: NumberFieldProps) {
  const id = useId();
  const { name, label, unit, problem, inline, onStep } = props;
  const step = (direction: 1 | -1) =>
    onStep && <StepButton name={name} label={label} direction={direction} onStep={onStep} />;
  return (
    <div className={styles.field}>
      {!inline && (
        <div className={styles.labelLine}>
          <label htmlFor={id}>
            {label} <small>{unit}</small>
          </label>
          {props.controls}
        </div>
      )}
      <div className={styles.box} data-invalid={problem !== null} data-inline={inline}>
        {inline && <label htmlFor={id}>{label}</label>}
        {!inline && step(-1)}
        <NumberInput
          id={id}
          name={name}
          value={props.value}
          decimals={props.decimals}
          placeholder={props.placeholder}
          aria-invalid={problem !== null}
          aria-describedby={problem === null ? undefined : `${id}-problem`}
          data-testid={`order-${name}`}
          onChange={props.onChange}
          onStep={onStep}
          onFocus={props.onFocus}
        />
        {inline && <small>{unit}</small>}
        {inline && step(-1)}
        {step(1)}
      </div>
      {problem !== null && (
        <p id={`${id}-problem`} className={styles.problem} role="alert" data-testid={`order-${name}-problem`}>
          {problem}
        </p>
      )}
    </div>
  );
}

interface StepButtonProps {
  name: string;
  label: string;
  direction: 1 | -1;
  onStep: Step;
}

function StepButton({ name, label, direction, onStep }: StepButtonProps) {
  const { t } = useTranslation("order");
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={t(direction === 1 ? "stepUp" : "stepDown", { field: label })}
      data-testid={`order-${name}-${direction === 1 ? "up" : "down"}`}
      onClick={(event) => onStep(direction, stepSize(event))}
    >
      {direction === 1 ? "+" : "−"}
    </button>
  );
}
