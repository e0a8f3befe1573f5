import { useState } from "react";
import { useTranslation } from "react-i18next";
import { AddressBook } from "@/features/custody/AddressBook";
import { BookLockPanel } from "@/features/custody/BookLockPanel";
import { useAddresses, useTerms } from "@/features/custody/custody";
import { DepositPanel } from "@/features/custody/DepositPanel";
import { DepositTable } from "@/features/custody/DepositTable";
import { Limits } from "@/features/custody/Limits";
import { Problem } from "@/features/custody/parts";
import { WithdrawalTable } from "@/features/custody/WithdrawalTable";
import { WithdrawPanel } from "@/features/custody/WithdrawPanel";
import { DepositDialog } from "@/features/wallet/DepositDialog";
import { LedgerTable } from "@/features/wallet/LedgerTable";
import { WalletBalances } from "@/features/wallet/WalletBalances";
import { usePage } from "@/shared/page";
import { Panel } from "@/shared/ui/Panel";
import { useAccount } from "@/shared/wire/account-store";
import { useConnection } from "@/shared/wire/connection";
import styles from "./WalletPage.module.css";

/** What is held, and every change of it. */
export function BalancesTab() {
  const { t } = useTranslation("wallet");
  const { state } = useConnection();
  const current = useAccount((account) => account.current);
  return (
    <div className={styles.balances}>
      <Panel title={t("balances")} stale={state === "reconnecting" || !current} controls={<PlayMoney />}>
        <WalletBalances />
      </Panel>
      <LedgerTable />
    </div>
  );
}

/** The way to play money, on a demo exchange. `note`: what that is, beside it. */
function PlayMoney({ note = false }: { note?: boolean }) {
  const { t } = useTranslation("wallet");
  const { isDemo, scopes } = usePage();
  const [isDepositing, setDepositing] = useState(false);
  if (!isDemo || !scopes.includes("transfer")) return null;
  return (
    <>
      {note && <p className={styles.note}>{t("playMoney")}</p>}
      <button
        type="button"
        className={note ? styles.button : styles.small}
        onClick={() => setDepositing(true)}
        data-testid="deposit"
      >
        {t("getPlayMoney")}
      </button>
      {isDepositing && <DepositDialog onClose={() => setDepositing(false)} />}
    </>
  );
}

/** Where to send deposits, and those that have come. */
export function DepositTab({ wanted }: { wanted: string | null }) {
  const { t } = useTranslation("wallet");
  const { data: terms, error } = useTerms();
  return (
    <div className={styles.deposit}>
      {terms ? (
        <DepositPanel terms={terms} wanted={wanted}>
          <PlayMoney note />
        </DepositPanel>
      ) : (
        <Waiting title={t("tabs.deposit")} error={error} />
      )}
      <DepositTable />
    </div>
  );
}

interface WithdrawTabProps {
  wanted: string | null;
  onOpen: (withdrawalId: string) => void;
  onBook: () => void;
}

/** The form, how much may still go out, and what has gone out. */
export function WithdrawTab({ wanted, onOpen, onBook }: WithdrawTabProps) {
  const { t } = useTranslation("wallet");
  const { data: terms, error } = useTerms();
  const book = useAddresses();
  const [sent, setSent] = useState(0);
  const addresses = book.data?.addresses;
  const onAsked = (withdrawalId: string) => {
    setSent(sent + 1);
    onOpen(withdrawalId);
  };
  if (!terms || !addresses) {
    return (
      <div className={styles.withdraw}>
        <Waiting title={t("tabs.withdraw")} error={error ?? book.error} />
      </div>
    );
  }
  return (
    <div className={styles.withdraw}>
      {/* After each request an empty form. */}
      <WithdrawPanel
        key={sent}
        terms={terms}
        addresses={addresses}
        wanted={wanted}
        onAsked={onAsked}
        onBook={onBook}
      />
      <Limits terms={terms} />
      <WithdrawalTable onOpen={onOpen} />
    </div>
  );
}

/** The address book and the lock to it. */
export function AddressesTab() {
  const { t } = useTranslation("wallet");
  const { data: terms, error } = useTerms();
  return (
    <div className={styles.addresses}>
      {terms ? (
        <>
          <AddressBook terms={terms} />
          <BookLockPanel terms={terms} />
        </>
      ) : (
        <Waiting title={t("tabs.addresses")} error={error} />
      )}
    </div>
  );
}

/** All that went out and all that came in. */
export function HistoryTab({ onOpen }: { onOpen: (withdrawalId: string) => void }) {
  return (
    <div className={styles.history}>
      <WithdrawalTable onOpen={onOpen} />
      <DepositTable />
    </div>
  );
}

/** A panel whose content is not there yet, or cannot be had. */
function Waiting({ title, error }: { title: string; error: unknown }) {
  return (
    <Panel title={title}>
      <div className={styles.waiting} aria-busy={!error}>
        <Problem of={error} />
      </div>
    </Panel>
  );
}
