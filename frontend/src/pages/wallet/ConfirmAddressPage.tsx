import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { ConfirmAddress } from "@/features/custody/ConfirmAddress";
import { OwnPage } from "@/shared/ui/OwnPage";
import styles from "./ConfirmPage.module.css";

/** Where the link of a new address's letter leads. */
export default function ConfirmAddressPage() {
  const { t } = useTranslation("custody");
  const { letterKey = "" } = useParams();
  useEffect(() => {
    document.title = `${t("confirm.address")} · xTrader`;
  }, [t]);
  return (
    <OwnPage>
      <main className={styles.page}>
        <ConfirmAddress letterKey={letterKey} />
      </main>
    </OwnPage>
  );
}
