import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment, useNow, useSpan } from "@/shared/moment";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Panel } from "@/shared/ui/Panel";
import { AddressDialog } from "./AddressDialog";
import book from "./book.module.css";
import { useAddresses, useRemoveAddress } from "./custody";
import styles from "./custody.module.css";
import { Problem } from "./parts";
import type { Address, WithdrawalTerms } from "./wire";

const RENEWAL_MS = 10_000;

/** Where the user's withdrawals may go, each with when it can be used. */
export function AddressBook({ terms }: { terms: WithdrawalTerms }) {
  const { t } = useTranslation("custody");
  const span = useSpan();
  const { data, error } = useAddresses();
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Address | null>(null);
  const addresses = data?.addresses ?? [];
  const now = useNow(
    RENEWAL_MS,
    addresses.some((entry) => !entry.is_usable),
  );
  const add = (
    <button type="button" className={styles.small} onClick={() => setAdding(true)} data-testid="address-add">
      {t("book.add")}
    </button>
  );
  return (
    <Panel title={t("book.title")} controls={add}>
      <div className={styles.list}>
        <p className={styles.note}>{t("book.help", { span: span(terms.address_delay_s * 1_000) })}</p>
        <Problem of={error} />
        {data && addresses.length === 0 && <p className={styles.note}>{t("book.none")}</p>}
        <ul className={book.cards} data-testid="addresses">
          {addresses.map((entry) => (
            <Card key={entry.address_id} entry={entry} now={now} onRemove={() => setRemoving(entry)} />
          ))}
        </ul>
      </div>
      {isAdding && <AddressDialog terms={terms} onClose={() => setAdding(false)} />}
      {removing && <Remove entry={removing} onClose={() => setRemoving(null)} />}
    </Panel>
  );
}

interface CardProps {
  entry: Address;
  now: number;
  onRemove: () => void;
}

function Card({ entry, now, onRemove }: CardProps) {
  const { t } = useTranslation("custody");
  return (
    <li className={book.card} data-usable={entry.is_usable} data-testid="address">
      <div>
        <h3>
          {entry.label} <small>{entry.asset}</small>
        </h3>
        <p className={styles.address}>
          {entry.address}
          {entry.tag && <small> {t("tagOf", { tag: entry.tag })}</small>}
        </p>
        <Usable entry={entry} now={now} />
      </div>
      <button
        type="button"
        className={styles.small}
        aria-label={t("book.removeIt", { label: entry.label })}
        onClick={onRemove}
        data-testid="address-remove"
      >
        {t("book.remove")}
      </button>
    </li>
  );
}

/** Whether and when it can be used. */
function Usable({ entry, now }: { entry: Address; now: number }) {
  const { t } = useTranslation("custody");
  const span = useSpan();
  const moment = useMoment();
  const { confirmed, usable_at, is_usable } = entry;
  if (is_usable)
    return (
      <p className={styles.mood} data-mood="good">
        {t("book.usable")}
      </p>
    );
  if (!confirmed || usable_at === null)
    return (
      <p className={styles.mood} data-mood="waits">
        {t("book.unconfirmed")}
      </p>
    );
  if (usable_at <= now)
    return (
      <p className={styles.mood} data-mood="runs">
        {t("book.almost")}
      </p>
    );
  return (
    <p className={styles.mood} data-mood="runs" data-testid="address-usable-in">
      {t("book.usableIn", { span: span(usable_at - now), at: moment(usable_at) })}
    </p>
  );
}

function Remove({ entry, onClose }: { entry: Address; onClose: () => void }) {
  const { t } = useTranslation("custody");
  const remove = useRemoveAddress(entry.address_id, onClose);
  return (
    <ConfirmDialog
      title={t("book.removeTitle", { label: entry.label })}
      text={t("book.removeHelp")}
      action={t("book.remove")}
      doing={{ ...remove, mutate: () => remove.mutate(undefined) }}
      onClose={onClose}
    >
      <p className={styles.address}>{entry.address}</p>
    </ConfirmDialog>
  );
}
