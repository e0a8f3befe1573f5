import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { DialogActions } from "@/shared/ui/Dialog";
import styles from "./security.module.css";

/** Why something failed; always there, so that it is read out when it comes. */
export function Problem({ of: error, testId }: { of: unknown; testId?: string }) {
  const { t } = useTranslation("security");
  const errorText = useErrorText();
  const failure = error ? failureOf(error) : null;
  return (
    <p className={styles.problem} role="alert" data-testid={testId}>
      {failure &&
        (failure.code === "INVALID_CREDENTIALS" ? t("totp.wrong") : errorText(failure.code, failure.details))}
    </p>
  );
}

/** Recovery codes, this once. */
export function Codes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation("security");
  return (
    <div className={styles.form}>
      <p className={styles.note}>{t("codes.once")}</p>
      <ul className={styles.codes} data-testid="recovery-codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <DialogActions>
        <button
          type="button"
          className={styles.primary}
          onClick={onClose}
          data-first-focus
          data-testid="codes-kept"
        >
          {t("codes.kept")}
        </button>
      </DialogActions>
    </div>
  );
}

/** A click beside a dialog must not lose codes that are shown once. */
export function stay() {}
