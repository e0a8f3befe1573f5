import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { DepositDialog } from "@/features/wallet/DepositDialog";
import { LedgerTable } from "@/features/wallet/LedgerTable";
import { WalletBalances } from "@/features/wallet/WalletBalances";
import { usePage } from "@/shared/page";
import { OwnPage } from "@/shared/ui/OwnPage";
import { Panel } from "@/shared/ui/Panel";
import { useAccount } from "@/shared/wire/account-store";
import { useConnection } from "@/shared/wire/connection";
import styles from "./WalletPage.module.css";

/** What the account holds, and every change of it. */
export default function WalletPage() {
  const { t } = useTranslation("wallet");
  const { isDemo, scopes } = usePage();
  const { state } = useConnection();
  const current = useAccount((account) => account.current);
  const [isDepositing, setDepositing] = useState(false);
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  const deposit = (
    <button
      type="button"
      className={styles.deposit}
      onClick={() => setDepositing(true)}
      data-testid="deposit"
    >
      {t("deposit")}
    </button>
  );
  return (
    <OwnPage>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <Panel
          title={t("balances")}
          stale={state === "reconnecting" || !current}
          controls={isDemo && scopes.includes("transfer") && deposit}
        >
          <WalletBalances />
        </Panel>
        <LedgerTable />
      </main>
      {isDepositing && <DepositDialog onClose={() => setDepositing(false)} />}
    </OwnPage>
  );
}
