import { useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { usePage } from "@/shared/page";
import { showFailure } from "@/shared/ui/failure-toast";
import { Time } from "@/shared/ui/Time";
import { type OwnAccount, switchAccount, useAccountName, useOwnAccounts } from "@/shared/wire/own-accounts";
import { NameDialog } from "./NameDialog";
import { useChangeAccount } from "./sub-accounts";
import styles from "./sub-accounts.module.css";

/** The accounts, each with what its owner may do with it. */
export function AccountList() {
  const { t } = useTranslation("accounts");
  const errorText = useErrorText();
  const { data, error } = useOwnAccounts();
  const [renaming, setRenaming] = useState<OwnAccount | null>(null);
  return (
    <div className={styles.list}>
      <p className={styles.note}>{t("help")}</p>
      {error && <p className={styles.problem}>{errorText(failureOf(error).code)}</p>}
      <ul data-testid="accounts">
        {data?.accounts.map((account) => (
          <AccountCard key={account.account} account={account} onRename={() => setRenaming(account)} />
        ))}
      </ul>
      {renaming && <NameDialog account={renaming} onClose={() => setRenaming(null)} />}
    </div>
  );
}

function AccountCard({ account, onRename }: { account: OwnAccount; onRename: () => void }) {
  const { t } = useTranslation("accounts");
  const page = usePage();
  const nameOf = useAccountName();
  const isShown = account.account === page.account;
  return (
    <li className={styles.card} data-testid={`account-${account.account}`} data-shown={isShown}>
      <h3>
        {nameOf(account)} <small>{account.account}</small>
      </h3>
      <p className={styles.state}>
        <span className={styles.status} data-status={account.status}>
          {t(`statuses.${account.status}`)}
        </span>
        {account.frozen_by && <span>{t(`frozenBy.${account.frozen_by}`)}</span>}
        <span>
          {t("opened")} <Time at={account.created_at} />
        </span>
      </p>
      <div className={styles.actions}>
        <button
          type="button"
          className={styles.small}
          disabled={isShown || account.status === "opening"}
          onClick={() => switchAccount(page, account.account)}
          data-testid="account-use"
        >
          {t(isShown ? "shown" : "use")}
        </button>
        {!account.is_main && (
          <button type="button" className={styles.small} onClick={onRename} data-testid="account-rename">
            {t("rename")}
          </button>
        )}
        <FreezeButton account={account} />
      </div>
    </li>
  );
}

/** Freezes an account, or thaws one that its owner froze. */
function FreezeButton({ account }: { account: OwnAccount }) {
  const { t } = useTranslation("accounts");
  const change = useChangeAccount();
  const isFrozen = account.status === "frozen";
  const status = isFrozen ? "active" : "frozen";
  const isOperators = isFrozen && account.frozen_by !== "owner";
  return (
    <button
      type="button"
      className={styles.small}
      disabled={change.isPending || isOperators || account.status === "opening"}
      title={t(isOperators ? "thawHelp" : "freezeHelp")}
      onClick={() =>
        change.mutate(
          { account, change: { status } },
          { onError: (error) => showFailure(t("notChanged"), error, "account") },
        )
      }
      data-testid="account-freeze"
    >
      {t(isFrozen ? "thaw" : "freeze")}
    </button>
  );
}
