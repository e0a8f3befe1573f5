import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import styles from "./ConfirmDialog.module.css";
import { Dialog, DialogActions } from "./Dialog";

interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What the button does. */
  action: string;
  /** A second fact or two below the text. */
  children?: React.ReactNode;
  doing: { mutate: () => void; isPending: boolean; error: unknown };
  onClose: () => void;
}

/** Asks before something is done that cannot be taken back. */
export function ConfirmDialog({ title, text, action, children, doing, onClose }: ConfirmDialogProps) {
  const { t } = useTranslation();
  const errorText = useErrorText();
  const failure = doing.error ? failureOf(doing.error) : null;
  return (
    <Dialog title={title} onClose={onClose} testId="confirm">
      <div className={styles.form}>
        <p className={styles.note}>{text}</p>
        {children}
        <p className={styles.problem} role="alert">
          {failure && errorText(failure.code, failure.details)}
        </p>
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose} data-first-focus>
            {t("back")}
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
