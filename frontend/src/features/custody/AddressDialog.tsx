import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSpan } from "@/shared/moment";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { type NewAddress, useAddAddress } from "./custody";
import styles from "./custody.module.css";
import { fitsPattern } from "./figures";
import { AssetSelect, Problem } from "./parts";
import type { Address, WithdrawalTerms } from "./wire";

interface AddressDialogProps {
  terms: WithdrawalTerms;
  onClose: () => void;
}

/** Adds an address to the book; then what is left to do for it. */
export function AddressDialog({ terms, onClose }: AddressDialogProps) {
  const { t } = useTranslation("custody");
  const add = useAddAddress();
  const added = add.data?.address;
  return (
    <Dialog title={t(added ? "book.added" : "book.add")} onClose={onClose} testId="address-dialog">
      {added ? (
        <Added entry={added} terms={terms} onClose={onClose} />
      ) : (
        <Form terms={terms} add={add} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Added({ entry, terms, onClose }: AddressDialogProps & { entry: Address }) {
  const { t } = useTranslation("custody");
  const span = useSpan();
  const values = { label: entry.label, span: span(terms.address_delay_s * 1_000) };
  return (
    <div className={styles.dialogForm}>
      <p className={styles.note} role="status" data-testid="address-added">
        {t(entry.confirmed ? "book.addedConfirmed" : "book.lookInMail", values)}
      </p>
      <DialogActions>
        <button
          type="button"
          className={styles.primary}
          onClick={onClose}
          data-first-focus
          data-testid="address-done"
        >
          {t("close")}
        </button>
      </DialogActions>
    </div>
  );
}

interface FormProps extends AddressDialogProps {
  add: ReturnType<typeof useAddAddress>;
}

function Form({ terms, add, onClose }: FormProps) {
  const { t } = useTranslation("custody");
  const id = useId();
  const [draft, setDraft] = useState<NewAddress>({
    asset: (terms.assets.find(({ open }) => open) ?? terms.assets[0])?.asset ?? "",
    address: "",
    tag: "",
    label: "",
  });
  const change = (changed: Partial<NewAddress>) => {
    setDraft({ ...draft, ...changed });
    add.reset();
  };
  const asset = terms.assets.find((each) => each.asset === draft.asset);
  const address = draft.address.trim();
  const isWrong = address !== "" && asset !== undefined && !fitsPattern(address, asset.address_pattern);
  return (
    <form
      className={styles.dialogForm}
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate({ ...draft, address, tag: draft.tag.trim(), label: draft.label.trim() });
      }}
    >
      <AssetSelect
        id={`${id}-asset`}
        asset={draft.asset}
        options={terms.assets.map((each) => ({ asset: each.asset, isOpen: true }))}
        onChoose={(chosen) => change({ asset: chosen, tag: "" })}
        testId="address-asset"
      />
      <Field
        name="address"
        draft={draft}
        change={change}
        maxLength={128}
        placeholder={t(`examples.${draft.asset}`, { defaultValue: "" })}
        data-first-focus
      />
      <p className={styles.problem} role="alert">
        {isWrong && t("wrongAddress", { asset: draft.asset })}
      </p>
      {asset?.has_tag && <Field name="tag" draft={draft} change={change} maxLength={64} />}
      <Field name="label" draft={draft} change={change} maxLength={40} placeholder={t("book.example")} />
      <Problem of={add.error} testId="address-problem" />
      <DialogActions>
        <button type="button" className={styles.button} onClick={onClose}>
          {t("back")}
        </button>
        <button
          type="submit"
          className={styles.primary}
          disabled={add.isPending || isWrong || address === "" || draft.label.trim() === ""}
          data-testid="address-send"
        >
          {t("book.send")}
        </button>
      </DialogActions>
    </form>
  );
}

interface FieldProps extends Omit<React.ComponentProps<"input">, "name" | "value" | "onChange"> {
  name: "address" | "tag" | "label";
  draft: NewAddress;
  change: (changed: Partial<NewAddress>) => void;
  "data-first-focus"?: boolean;
}

function Field({ name, draft, change, ...rest }: FieldProps) {
  const { t } = useTranslation("custody");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t(name === "label" ? "book.label" : name)}</label>
      <input
        id={id}
        className={name === "label" ? styles.field : styles.code}
        autoComplete="off"
        spellCheck={false}
        value={draft[name]}
        onChange={(event) => change({ [name]: event.target.value })}
        data-testid={`address-${name}`}
        {...rest}
      />
    </>
  );
}
