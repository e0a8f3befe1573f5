import { useId } from "react";

interface RadioGroupProps<Id extends string> {
  /** Prefix of the test ids. */
  name: string;
  legend: string;
  options: readonly { id: Id; label: React.ReactNode }[];
  chosen: Id;
  onChoose: (id: Id) => void;
  className?: string | undefined;
}

/** One of a few options, all of them in sight. */
export function RadioGroup<Id extends string>(props: RadioGroupProps<Id>) {
  const { name, legend, options, chosen, onChoose, className } = props;
  // Two groups of one name on a page would share their choice.
  const group = useId();
  return (
    <fieldset className={className}>
      <legend>{legend}</legend>
      {options.map(({ id, label }) => (
        <label key={id}>
          <input
            type="radio"
            name={group}
            value={id}
            checked={id === chosen}
            data-testid={`${name}-${id}`}
            onChange={() => onChoose(id)}
          />
          {label}
        </label>
      ))}
    </fieldset>
  );
}
