import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./CopyField.module.css";

interface CopyFieldProps {
  label: string;
  value: string;
  testId: string;
}

/** A value to copy: by the button, or by hand where the browser does not let pages copy. */
export function CopyField({ label, value, testId }: CopyFieldProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState("");
  const id = useId();
  const copy = () => {
    void navigator.clipboard?.writeText(value).then(() => setCopied(value));
  };
  return (
    <div className={styles.copied}>
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={styles.field}
        readOnly
        value={value}
        onFocus={(event) => event.target.select()}
        data-testid={testId}
      />
      <button
        type="button"
        className={styles.button}
        onClick={copy}
        aria-live="polite"
        data-testid={`${testId}-copy`}
      >
        {t(copied === value ? "copied" : "copy")}
      </button>
    </div>
  );
}
