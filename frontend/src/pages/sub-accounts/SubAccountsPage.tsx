import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { AccountList } from "@/features/sub-accounts/AccountList";
import { LastTransfers } from "@/features/sub-accounts/LastTransfers";
import { NameDialog } from "@/features/sub-accounts/NameDialog";
import { TransferForm } from "@/features/sub-accounts/TransferForm";
import { OwnPage } from "@/shared/ui/OwnPage";
import { Panel } from "@/shared/ui/Panel";
import styles from "./SubAccountsPage.module.css";

/** The user's accounts, and money between them. */
export default function SubAccountsPage() {
  const { t } = useTranslation("accounts");
  const [isOpening, setOpening] = useState(false);
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  const open = (
    <button type="button" className={styles.open} onClick={() => setOpening(true)} data-testid="new-account">
      {t("open")}
    </button>
  );
  return (
    <OwnPage>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <Panel className={styles.accounts ?? ""} title={t("title")} controls={open}>
          <AccountList />
        </Panel>
        <Panel title={t("transferTitle")}>
          <TransferForm />
        </Panel>
        <Panel title={t("last")}>
          <LastTransfers />
        </Panel>
      </main>
      {isOpening && <NameDialog onClose={() => setOpening(false)} />}
    </OwnPage>
  );
}
