import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { ActsPanel } from "@/features/security/ActsPanel";
import { SecondFactorPanel } from "@/features/security/SecondFactorPanel";
import { SessionsPanel } from "@/features/security/SessionsPanel";
import { OwnPage } from "@/shared/ui/OwnPage";
import styles from "./SecurityPage.module.css";

/** What guards the user's log-in, where it is open, and what has happened to it. */
export default function SecurityPage() {
  const { t } = useTranslation("security");
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  return (
    <OwnPage needsAccount={false}>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <SecondFactorPanel />
        <SessionsPanel />
        <ActsPanel />
      </main>
    </OwnPage>
  );
}
