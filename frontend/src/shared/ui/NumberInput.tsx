import { useLayoutEffect, useReducer, useRef } from "react";
import { edited, plainNumber, shownNumber } from "@/shared/typed-number";

/** `large` with Shift, `least` (a tick, a lot) with Alt. */
export type StepSize = "least" | "usual" | "large";
export type Step = (direction: 1 | -1, size: StepSize) => void;

type Passed = Omit<
  React.InputHTMLAttributes<HTMLInputElement>,
  "value" | "onChange" | "inputMode" | "type" | "autoComplete" | "spellCheck"
>;

interface NumberInputProps extends Passed {
  /** What was typed, without the commas that group thousands. */
  value: string;
  /** Decimals of the number; 0: there are none. */
  decimals: number;
  onChange: (text: string) => void;
  /** Arrow up and down. */
  onStep?: Step | undefined;
}

/** The field of every number that a person types. It groups thousands and changes nothing else while it is
 * typed in; the caret keeps its place between the digits. Left, it shows the number as it was understood. */
export function NumberInput({ value, decimals, onChange, onStep, ...rest }: NumberInputProps) {
  const input = useRef<HTMLInputElement>(null);
  const caret = useRef<number | null>(null);
  // An edit that leaves the text as it was must still put the caret back.
  const [, render] = useReducer((count: number) => count + 1, 0);
  useLayoutEffect(() => {
    if (caret.current !== null) input.current?.setSelectionRange(caret.current, caret.current);
    caret.current = null;
  });
  const onInput = ({ target, nativeEvent }: React.ChangeEvent<HTMLInputElement>) => {
    const kind = (nativeEvent as InputEvent).inputType;
    const edit = edited(value, target.value, target.selectionStart ?? target.value.length, kind);
    caret.current = edit.caret;
    render();
    onChange(edit.text);
  };
  const onKeyDown = (event: React.KeyboardEvent<HTMLInputElement>) => {
    const direction = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : null;
    if (direction === null || !onStep) return rest.onKeyDown?.(event);
    event.preventDefault();
    onStep(direction, stepSize(event));
  };
  const onBlur = (event: React.FocusEvent<HTMLInputElement>) => {
    const plain = plainNumber(value, decimals);
    if (plain !== null && plain !== value) onChange(plain);
    rest.onBlur?.(event);
  };
  return (
    <input
      {...rest}
      ref={input}
      inputMode={decimals > 0 ? "decimal" : "numeric"}
      autoComplete="off"
      spellCheck={false}
      value={shownNumber(value)}
      onChange={onInput}
      onKeyDown={onKeyDown}
      onBlur={onBlur}
    />
  );
}

export function stepSize(event: React.KeyboardEvent | React.MouseEvent): StepSize {
  return event.shiftKey ? "large" : event.altKey ? "least" : "usual";
}
