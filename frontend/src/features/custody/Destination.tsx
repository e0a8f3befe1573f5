import { useId } from "react";
import { useTranslation } from "react-i18next";
import { useNow, useSpan } from "@/shared/moment";
import styles from "./custody.module.css";
import { fitsPattern } from "./figures";
import type { Address } from "./wire";
import { ANOTHER, type WithdrawForm } from "./withdraw-draft";

interface DestinationProps {
  form: WithdrawForm;
  addresses: readonly Address[];
  bookOnly: boolean;
  /** Go to the address book. */
  onBook: () => void;
}

const RENEWAL_MS = 30_000;

/** Where it goes: an entry of the book or, where the user is not locked to the book, an address that is typed. */
export function Destination({ form, addresses, bookOnly, onBook }: DestinationProps) {
  const { t } = useTranslation("custody");
  const id = useId();
  const { draft, change } = form;
  const entries = addresses.filter(({ asset }) => asset === draft.asset);
  const chosen = entries.find(({ address_id }) => address_id === draft.to);
  return (
    <>
      <div className={styles.labels}>
        <label htmlFor={id}>{t("to")}</label>
        <button type="button" className={styles.all} onClick={onBook} data-testid="withdraw-book">
          {t("toBook")}
        </button>
      </div>
      <select
        id={id}
        className={styles.field}
        value={draft.to}
        onChange={(event) => change({ to: event.target.value })}
        data-testid="withdraw-to"
      >
        {draft.to === "" && <option value="">{t("noneUsable")}</option>}
        <Entries entries={entries} />
        {!bookOnly && <option value={ANOTHER}>{t("another")}</option>}
      </select>
      {chosen && <Whole entry={chosen} />}
      {draft.to === ANOTHER && <Typed form={form} id={id} />}
      {bookOnly && <p className={styles.note}>{t("bookOnly")}</p>}
    </>
  );
}

/** Entries of the book; those that cannot be used yet say when. */
function Entries({ entries }: { entries: readonly Address[] }) {
  const { t } = useTranslation("custody");
  const span = useSpan();
  const now = useNow(
    RENEWAL_MS,
    entries.some((entry) => !entry.is_usable),
  );
  const text = ({ label, confirmed, is_usable, usable_at }: Address) => {
    if (is_usable) return label;
    if (!confirmed || usable_at === null) return t("notConfirmed", { label });
    return t("usableSoon", { label, span: span(usable_at - now) });
  };
  return entries.map((entry) => (
    <option key={entry.address_id} value={entry.address_id} disabled={!entry.is_usable}>
      {text(entry)}
    </option>
  ));
}

/** All of an address, to be compared. */
function Whole({ entry }: { entry: Address }) {
  const { t } = useTranslation("custody");
  return (
    <p className={styles.address} data-testid="withdraw-address-whole">
      {entry.address}
      {entry.tag && (
        <>
          {" "}
          <small>{t("tagOf", { tag: entry.tag })}</small>
        </>
      )}
    </p>
  );
}

function Typed({ form, id }: { form: WithdrawForm; id: string }) {
  const { t } = useTranslation("custody");
  const { draft, change, terms } = form;
  const address = draft.address.trim();
  const isWrong = address !== "" && !fitsPattern(address, terms.address_pattern);
  return (
    <>
      <label htmlFor={`${id}-address`}>{t("address")}</label>
      <input
        id={`${id}-address`}
        className={styles.code}
        autoComplete="off"
        spellCheck={false}
        maxLength={128}
        placeholder={t(`examples.${terms.asset}`, { defaultValue: "" })}
        value={draft.address}
        aria-invalid={isWrong}
        aria-describedby={`${id}-problem`}
        onChange={(event) => change({ address: event.target.value })}
        data-testid="withdraw-address"
      />
      <p id={`${id}-problem`} className={styles.problem} role="alert">
        {isWrong && t("wrongAddress", { asset: terms.asset })}
      </p>
      {terms.has_tag && (
        <>
          <label htmlFor={`${id}-tag`}>{t("tag")}</label>
          <input
            id={`${id}-tag`}
            className={styles.code}
            autoComplete="off"
            spellCheck={false}
            maxLength={64}
            value={draft.tag}
            onChange={(event) => change({ tag: event.target.value })}
            data-testid="withdraw-tag"
          />
        </>
      )}
    </>
  );
}
