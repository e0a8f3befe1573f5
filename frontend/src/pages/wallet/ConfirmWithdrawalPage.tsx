import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { ConfirmWithdrawal } from "@/features/custody/ConfirmWithdrawal";
import { OwnPage } from "@/shared/ui/OwnPage";
import styles from "./ConfirmPage.module.css";

/** Where the link of a withdrawal's letter leads. */
export default function ConfirmWithdrawalPage() {
  const { t } = useTranslation("custody");
  const { letterKey = "" } = useParams();
  useEffect(() => {
    document.title = `${t("confirm.withdrawal")} · xTrader`;
  }, [t]);
  return (
    <OwnPage>
      <main className={styles.page}>
        <ConfirmWithdrawal letterKey={letterKey} />
      </main>
    </OwnPage>
  );
}
