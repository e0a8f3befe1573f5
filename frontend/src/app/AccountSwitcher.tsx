import { useTranslation } from "react-i18next";
import { NavLink } from "react-router";
import { usePage } from "@/shared/page";
import { Popover } from "@/shared/ui/Popover";
import { switchAccount, useAccountName, useNamedAccounts } from "@/shared/wire/own-accounts";
import styles from "./Header.module.css";

/** Which account this tab is for; seen once there is a choice. */
export function AccountSwitcher() {
  const { t } = useTranslation("header");
  const page = usePage();
  const accounts = useNamedAccounts();
  const nameOf = useAccountName();
  const shown = accounts.find(({ account }) => account === page.account);
  if (accounts.length < 2 || !shown) return null;
  return (
    <Popover
      label={`${t("accountShown")}: ${nameOf(shown)}`}
      className={styles.switcher}
      button={<span>{nameOf(shown)}</span>}
      testId="account-switcher"
    >
      {(close) => (
        <div className={styles.menu}>
          {accounts.map((account) => (
            <button
              key={account.account}
              type="button"
              aria-pressed={account === shown}
              disabled={account === shown}
              onClick={() => switchAccount(page, account.account)}
              data-testid={`switch-${account.account}`}
            >
              {nameOf(account)} <small>{account.account}</small>
            </button>
          ))}
          <NavLink to="/sub-accounts" onClick={close}>
            {t("manageAccounts")}
          </NavLink>
        </div>
      )}
    </Popover>
  );
}
