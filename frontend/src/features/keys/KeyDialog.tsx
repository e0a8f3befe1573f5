import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { usePage } from "@/shared/page";
import { CopyField } from "@/shared/ui/CopyField";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { RadioGroup } from "@/shared/ui/RadioGroup";
import { useAccountName, useNamedAccounts } from "@/shared/wire/own-accounts";
import { EMPTY_DRAFT, type KeyDraft, KINDS, LASTS_DAYS, type NewKey, SCOPES, useCreateKey } from "./keys";
import styles from "./keys.module.css";

/** Makes a key, and then shows its secret this once. */
export function KeyDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation("keys");
  const create = useCreateKey();
  const made = create.data;
  return (
    <Dialog title={t(made ? "made" : "create")} onClose={made ? stay : onClose} testId="key-dialog">
      {made ? <Secret made={made} onClose={onClose} /> : <Form create={create} onClose={onClose} />}
    </Dialog>
  );
}

/** A click beside the dialog must not lose a secret that is shown once. */
function stay() {}

interface FormProps {
  create: ReturnType<typeof useCreateKey>;
  onClose: () => void;
}

function Form({ create, onClose }: FormProps) {
  const { t } = useTranslation("keys");
  const { account } = usePage();
  const [draft, setDraft] = useState({ ...EMPTY_DRAFT, account });
  const change = (changed: Partial<KeyDraft>) => {
    setDraft({ ...draft, ...changed });
    create.reset();
  };
  const failure = create.isError ? failureOf(create.error) : null;
  return (
    <form
      className={styles.form}
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate(draft);
      }}
    >
      <TextField
        name="label"
        draft={draft}
        change={change}
        required
        maxLength={40}
        autoComplete="off"
        data-first-focus
      />
      <AccountField draft={draft} change={change} />
      <Scopes draft={draft} change={change} />
      <RadioGroup
        className={styles.choice}
        name="kind"
        legend={t("kind")}
        options={KINDS.map((kind) => ({ id: kind, label: t(`kinds.${kind}`) }))}
        chosen={draft.kind}
        onChoose={(kind) => change({ kind })}
      />
      {draft.kind === "ed25519" && <PublicKey draft={draft} change={change} />}
      <Bounds draft={draft} change={change} />
      <p className={styles.problem} role="alert" data-testid="key-problem">
        {failure && <Problem code={failure.code} details={failure.details} />}
      </p>
      <DialogActions>
        <button type="button" className={styles.button} onClick={onClose}>
          {t("cancel")}
        </button>
        <button
          type="submit"
          className={styles.primary}
          disabled={create.isPending || draft.scopes.length === 0}
          data-testid="key-create"
        >
          {t("create")}
        </button>
      </DialogActions>
    </form>
  );
}

interface TextFieldProps
  extends Omit<React.ComponentProps<"input">, "name" | "value" | "onChange">,
    PartProps {
  name: "label" | "orderRate";
  "data-first-focus"?: boolean;
}

function TextField({ name, draft, change, ...rest }: TextFieldProps) {
  const { t } = useTranslation("keys");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t(name)}</label>
      <input
        id={id}
        className={styles.field}
        value={draft[name]}
        onChange={(event) => change({ [name]: event.target.value })}
        data-testid={`key-${name}`}
        {...rest}
      />
    </>
  );
}

/** Which account the key is for, where there is a choice. */
function AccountField({ draft, change }: PartProps) {
  const { t } = useTranslation("keys");
  const accounts = useNamedAccounts();
  const nameOf = useAccountName();
  const id = useId();
  if (accounts.length < 2) return null;
  return (
    <>
      <label htmlFor={id}>{t("account")}</label>
      <select
        id={id}
        className={styles.field}
        value={draft.account}
        onChange={(event) => change({ account: event.target.value })}
        data-testid="key-account"
      >
        {accounts.map((each) => (
          <option key={each.account} value={each.account}>
            {nameOf(each)} ({each.account})
          </option>
        ))}
      </select>
    </>
  );
}

/** How often, from where, and until when. */
function Bounds({ draft, change }: PartProps) {
  const { t } = useTranslation("keys");
  const id = useId();
  return (
    <>
      <TextField
        name="orderRate"
        draft={draft}
        change={change}
        inputMode="numeric"
        pattern="[1-9][0-9]{0,6}"
        placeholder={t("asAccount")}
      />
      <label htmlFor={`${id}-addresses`}>{t("addresses")}</label>
      <textarea
        id={`${id}-addresses`}
        className={styles.field}
        rows={2}
        placeholder="203.0.113.0/24"
        value={draft.addresses}
        onChange={(event) => change({ addresses: event.target.value })}
        data-testid="key-addresses"
      />
      <label htmlFor={`${id}-lasts`}>{t("lasts")}</label>
      <select
        id={`${id}-lasts`}
        className={styles.field}
        value={draft.lastsDays}
        onChange={(event) => change({ lastsDays: Number(event.target.value) })}
      >
        {LASTS_DAYS.map((days) => (
          <option key={days} value={days}>
            {days === 0 ? t("forEver") : t("days", { days })}
          </option>
        ))}
      </select>
    </>
  );
}

interface PartProps {
  draft: KeyDraft;
  change: (changed: Partial<KeyDraft>) => void;
}

function Scopes({ draft, change }: PartProps) {
  const { t } = useTranslation("keys");
  // A key has no more than its user's role.
  const { scopes: allowed } = usePage();
  return (
    <fieldset className={styles.choice}>
      <legend>{t("scopes")}</legend>
      {SCOPES.filter((scope) => allowed.includes(scope)).map((scope) => (
        <label key={scope}>
          <input
            type="checkbox"
            checked={draft.scopes.includes(scope)}
            onChange={(event) =>
              change({
                scopes: SCOPES.filter((each) =>
                  each === scope ? event.target.checked : draft.scopes.includes(each),
                ),
              })
            }
            data-testid={`key-scope-${scope}`}
          />
          {t(`scopeNames.${scope}`)}
        </label>
      ))}
    </fieldset>
  );
}

function PublicKey({ draft, change }: PartProps) {
  const { t } = useTranslation("keys");
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{t("publicKey")}</label>
      <textarea
        id={id}
        className={styles.field}
        rows={3}
        required
        spellCheck={false}
        value={draft.publicKey}
        onChange={(event) => change({ publicKey: event.target.value })}
        data-testid="key-public-key"
      />
    </>
  );
}

/** The sentence of a refusal, and which field it is about. */
function Problem({ code, details }: ReturnType<typeof failureOf>) {
  const { t } = useTranslation("keys");
  const errorText = useErrorText();
  const field = typeof details.field === "string" ? t(`fields.${details.field}`, { defaultValue: "" }) : "";
  return field ? `${field}: ${errorText(code, details)}` : errorText(code, details);
}

function Secret({ made, onClose }: { made: NewKey; onClose: () => void }) {
  const { t } = useTranslation("keys");
  return (
    <div className={styles.form}>
      <CopyField label={t("keyId")} value={made.key.key_id} testId="new-key-id" />
      {made.secret && <CopyField label={t("secret")} value={made.secret} testId="new-key-secret" />}
      <p className={styles.note}>{t(made.secret ? "secretOnce" : "publicKeyKept")}</p>
      <DialogActions>
        <button
          type="button"
          className={styles.primary}
          onClick={onClose}
          data-first-focus
          data-testid="key-done"
        >
          {t("done")}
        </button>
      </DialogActions>
    </div>
  );
}
