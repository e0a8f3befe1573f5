import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useLanguage } from "@/shared/i18n";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import styles from "./security.module.css";

/** A moment to the minute, in the page's language. */
export function useMoment(): (at: number) => string {
  const language = useLanguage();
  const format = new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (at) => format.format(at);
}

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

interface ConfirmProps {
  title: string;
  text: string;
  action: string;
  doing: { mutate: () => void; isPending: boolean; error: unknown };
  onClose: () => void;
}

/** Asks before something is taken away. */
export function Confirm({ title, text, action, doing, onClose }: ConfirmProps) {
  const { t } = useTranslation("security");
  return (
    <Dialog title={title} onClose={onClose} testId="confirm">
      <div className={styles.form}>
        <p className={styles.note}>{text}</p>
        <Problem of={doing.error} />
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose} data-first-focus>
            {t("cancel")}
          </button>
          <button
            type="button"
            className={styles.primary}
            disabled={doing.isPending}
            onClick={() => doing.mutate()}
            data-testid="confirm-send"
          >
            {action}
          </button>
        </DialogActions>
      </div>
    </Dialog>
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
