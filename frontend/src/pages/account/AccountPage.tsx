import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { AccountSettings } from "@/features/account/AccountSettings";
import { Fees } from "@/features/account/Fees";
import { FeeTiers } from "@/features/account/FeeTiers";
import { Referral } from "@/features/account/Referral";
import { Who } from "@/features/account/Who";
import { usePage } from "@/shared/page";
import { OwnPage } from "@/shared/ui/OwnPage";
import styles from "./AccountPage.module.css";

/** Who is here, what trading costs, and how the terminal looks and behaves. */
export default function AccountPage() {
  const { t } = useTranslation("account");
  const { account } = usePage();
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  return (
    <OwnPage needsAccount={false}>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <Who />
        <AccountSettings />
        {account && (
          <div className={styles.fees}>
            <FeeTiers />
            <Fees />
            <Referral />
          </div>
        )}
      </main>
    </OwnPage>
  );
}
