import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMoment, useSpan } from "@/shared/moment";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Panel } from "@/shared/ui/Panel";
import book from "./book.module.css";
import { useSetLock } from "./custody";
import styles from "./custody.module.css";
import type { WithdrawalTerms } from "./wire";

/** The lock of withdrawals to the book: on at once, off after the delay. */
export function BookLockPanel({ terms }: { terms: WithdrawalTerms }) {
  const { t } = useTranslation("custody");
  const [isAsking, setAsking] = useState(false);
  const moment = useMoment();
  const span = useSpan();
  const set = useSetLock(() => setAsking(false));
  const { book_only: isLocked, book_only_ends_at: endsAt } = terms;
  // A lock that is ending is locked again by the same button.
  const locks = !isLocked || endsAt !== null;
  const state = isLocked ? (endsAt === null ? "on" : "ending") : "off";
  const values = {
    at: endsAt === null ? "" : moment(endsAt),
    span: span(terms.address_delay_s * 1_000),
  };
  return (
    <Panel title={t("lock.title")}>
      <div className={book.lock} data-state={state} data-testid="lock">
        <p role="status">
          <strong>{t(`lock.${state}`)}</strong> {t(`lock.${state}Help`, values)}
        </p>
        <button
          type="button"
          className={styles.button}
          onClick={() => setAsking(true)}
          data-testid="lock-change"
        >
          {t(locks ? "lock.lock" : "lock.unlock")}
        </button>
      </div>
      {isAsking && (
        <ConfirmDialog
          title={t(locks ? "lock.lockTitle" : "lock.unlockTitle")}
          text={t(locks ? "lock.lockHelp" : "lock.unlockHelp", values)}
          action={t(locks ? "lock.lock" : "lock.unlock")}
          doing={{ ...set, mutate: () => set.mutate(locks) }}
          onClose={() => setAsking(false)}
        />
      )}
    </Panel>
  );
}
