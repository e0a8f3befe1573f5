import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment } from "@/shared/moment";
import { hasPasskeys } from "@/shared/step-up/passkey";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { Codes, Problem, stay } from "./parts";
import { type Passkey, useAddPasskey, useRemovePasskey, useRenamePasskey } from "./security";
import styles from "./security.module.css";

/** The user's passkeys, and the way to another one. */
export function Passkeys({ passkeys }: { passkeys: readonly Passkey[] }) {
  const { t } = useTranslation("security");
  const [isAdding, setAdding] = useState(false);
  return (
    <section className={styles.part}>
      <h3>{t("passkeys.title")}</h3>
      <p className={styles.note}>{t(hasPasskeys() ? "passkeys.help" : "passkeys.notHere")}</p>
      <ul className={styles.rows} data-testid="passkeys">
        {passkeys.map((passkey) => (
          <Row key={passkey.passkey_id} passkey={passkey} />
        ))}
      </ul>
      {hasPasskeys() && (
        <button
          type="button"
          className={styles.button}
          onClick={() => setAdding(true)}
          data-testid="passkey-add"
        >
          {t("passkeys.add")}
        </button>
      )}
      {isAdding && <AddDialog onClose={() => setAdding(false)} />}
    </section>
  );
}

function Row({ passkey }: { passkey: Passkey }) {
  const { t } = useTranslation("security");
  const moment = useMoment();
  const [open, setOpen] = useState<"rename" | "remove" | null>(null);
  const close = () => setOpen(null);
  const used = passkey.last_used_at ? moment(passkey.last_used_at) : t("never");
  return (
    <li className={styles.row}>
      <div>
        <strong>{passkey.name}</strong>
        <small>{t("lastUsed", { at: used })}</small>
      </div>
      <span className={styles.buttons}>
        <button type="button" className={styles.small} onClick={() => setOpen("rename")}>
          {t("rename")}
        </button>
        <button
          type="button"
          className={styles.small}
          onClick={() => setOpen("remove")}
          data-testid="passkey-remove"
        >
          {t("remove")}
        </button>
      </span>
      {open === "rename" && <RenameDialog passkey={passkey} onClose={close} />}
      {open === "remove" && <RemoveDialog passkey={passkey} onClose={close} />}
    </li>
  );
}

function AddDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("security");
  const add = useAddPasskey();
  const codes = add.data?.recovery_codes ?? [];
  if (add.isSuccess && codes.length > 0) {
    return (
      <Dialog title={t("codes.title")} onClose={stay} testId="passkey-dialog">
        <Codes codes={codes} onClose={onClose} />
      </Dialog>
    );
  }
  if (add.isSuccess) {
    return (
      <Dialog title={t("passkeys.added")} onClose={onClose} testId="passkey-dialog">
        <DialogActions>
          <button
            type="button"
            className={styles.primary}
            onClick={onClose}
            data-first-focus
            data-testid="passkey-done"
          >
            {t("done")}
          </button>
        </DialogActions>
      </Dialog>
    );
  }
  return <NameDialog title={t("passkeys.add")} action={t("passkeys.make")} doing={add} onClose={onClose} />;
}

function RenameDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const { t } = useTranslation("security");
  const rename = useRenamePasskey(passkey.passkey_id, onClose);
  return (
    <NameDialog
      title={t("rename")}
      action={t("rename")}
      name={passkey.name}
      doing={rename}
      onClose={onClose}
    />
  );
}

function RemoveDialog({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const { t } = useTranslation("security");
  const remove = useRemovePasskey(passkey.passkey_id, onClose);
  return (
    <ConfirmDialog
      title={t("passkeys.removeIt", { name: passkey.name })}
      text={t("removeHelp")}
      action={t("remove")}
      doing={{ ...remove, mutate: () => remove.mutate(undefined) }}
      onClose={onClose}
    />
  );
}

interface NameProps {
  title: string;
  action: string;
  name?: string;
  doing: { mutate: (name: string) => void; isPending: boolean; error: unknown };
  onClose: () => void;
}

/** Asks for the name of a passkey. */
function NameDialog({ title, action, name = "", doing, onClose }: NameProps) {
  const { t } = useTranslation("security");
  const [value, setValue] = useState(name);
  const id = useId();
  return (
    <Dialog title={title} onClose={onClose} testId="passkey-dialog">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          doing.mutate(value.trim());
        }}
      >
        <label htmlFor={id}>{t("passkeys.name")}</label>
        <input
          id={id}
          className={styles.field}
          required
          maxLength={40}
          autoComplete="off"
          placeholder={t("passkeys.nameExample")}
          value={value}
          onChange={(event) => setValue(event.target.value)}
          data-first-focus
          data-testid="passkey-name"
        />
        <Problem of={doing.error} testId="passkey-problem" />
        <DialogActions>
          <button type="button" className={styles.button} onClick={onClose}>
            {t("cancel")}
          </button>
          <button
            type="submit"
            className={styles.primary}
            disabled={doing.isPending || value.trim() === ""}
            data-testid="passkey-send"
          >
            {action}
          </button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
