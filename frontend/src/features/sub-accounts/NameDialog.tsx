import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import type { OwnAccount } from "@/shared/wire/own-accounts";
import { useChangeAccount, useOpenAccount } from "./sub-accounts";
import styles from "./sub-accounts.module.css";

const LONGEST_NAME = 40;

/** Opens an account by a name, or gives one another name. */
export function NameDialog({ account, onClose }: { account?: OwnAccount; onClose: () => void }) {
  const { t } = useTranslation("accounts");
  const [name, setName] = useState(account?.name ?? "");
  const { send, reset, error, isPending } = useNaming(account, onClose);
  return (
    <Dialog title={t(account ? "rename" : "open")} onClose={onClose} testId="account-dialog">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          send(name);
        }}
      >
        <NameField
          name={name}
          onChange={(text) => {
            setName(text);
            reset();
          }}
        />
        {!account && <p className={styles.note}>{t("openHelp")}</p>}
        <p className={styles.problem} role="alert" data-testid="account-problem">
          {error !== null && <Refusal error={error} />}
        </p>
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose}>
            {t("cancel")}
          </button>
          <button
            type="submit"
            className={styles.primary}
            disabled={isPending || name.trim() === ""}
            data-testid="account-send"
          >
            {t(account ? "save" : isPending ? "opening" : "open")}
          </button>
        </DialogActions>
      </form>
    </Dialog>
  );
}

function useNaming(account: OwnAccount | undefined, onDone: () => void) {
  const open = useOpenAccount(onDone);
  const change = useChangeAccount(onDone);
  const send = (name: string) => (account ? change.mutate({ account, change: { name } }) : open.mutate(name));
  const { error, isPending, reset } = account ? change : open;
  return { send, reset, error, isPending };
}

function NameField({ name, onChange }: { name: string; onChange: (text: string) => void }) {
  const { t } = useTranslation("accounts");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t("name")}</label>
      <input
        id={id}
        className={styles.field}
        value={name}
        required
        maxLength={LONGEST_NAME}
        autoComplete="off"
        data-first-focus
        onChange={(event) => onChange(event.target.value)}
        data-testid="account-name"
      />
    </>
  );
}

function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation("accounts");
  const errorText = useErrorText();
  const { code, details } = failureOf(error);
  return code === "INVALID_FIELD" && details.field === "name" ? t("nameRules") : errorText(code, details);
}
