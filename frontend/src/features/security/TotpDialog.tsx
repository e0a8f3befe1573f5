import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Codes, Problem, stay } from "./parts";
import { type NewTotp, useConfirmTotp } from "./security";
import styles from "./security.module.css";

/** Shows the secret to an authenticator app and takes its first code; then the recovery codes. */
export function TotpDialog({ made, onClose }: { made: NewTotp; onClose: () => void }) {
  const { t } = useTranslation("security");
  const confirm = useConfirmTotp();
  const codes = confirm.data?.recovery_codes;
  // With codes on show the way out is their button.
  const isDone = codes !== undefined && codes.length === 0;
  if (codes !== undefined && !isDone) {
    return (
      <Dialog title={t("codes.title")} onClose={stay} testId="totp-dialog">
        <Codes codes={codes} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title={t(isDone ? "totp.added" : "totp.add")} onClose={onClose} testId="totp-dialog">
      {isDone ? <Added onClose={onClose} /> : <Form made={made} confirm={confirm} onClose={onClose} />}
    </Dialog>
  );
}

function Added({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("security");
  return (
    <DialogActions>
      <button type="button" className={styles.primary} onClick={onClose} data-first-focus>
        {t("done")}
      </button>
    </DialogActions>
  );
}

interface FormProps {
  made: NewTotp;
  confirm: ReturnType<typeof useConfirmTotp>;
  onClose: () => void;
}

function Form({ made, confirm, onClose }: FormProps) {
  const { t } = useTranslation("security");
  const [code, setCode] = useState("");
  const id = useId();
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(code.trim());
      }}
    >
      <p className={styles.note}>{t("totp.scan")}</p>
      <img
        className={styles.qr}
        src={`data:image/svg+xml,${encodeURIComponent(made.image)}`}
        alt={t("totp.qr")}
      />
      <code className={styles.secret} data-testid="totp-secret">
        {made.secret}
      </code>
      <label htmlFor={id}>{t("totp.code")}</label>
      <input
        id={id}
        className={styles.field}
        required
        inputMode="numeric"
        autoComplete="one-time-code"
        maxLength={32}
        value={code}
        onChange={(event) => setCode(event.target.value)}
        data-first-focus
        data-testid="totp-code"
      />
      <Problem of={confirm.error} testId="totp-problem" />
      <DialogActions>
        <button type="button" className={styles.button} onClick={onClose}>
          {t("cancel")}
        </button>
        <button
          type="submit"
          className={styles.primary}
          disabled={confirm.isPending}
          data-testid="totp-confirm"
        >
          {t("totp.confirm")}
        </button>
      </DialogActions>
    </form>
  );
}
