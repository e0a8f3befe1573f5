import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { KeyDialog } from "@/features/keys/KeyDialog";
import { KeyList } from "@/features/keys/KeyList";
import { OwnPage } from "@/shared/ui/OwnPage";
import { Panel } from "@/shared/ui/Panel";
import styles from "./KeysPage.module.css";

/** What the user's programs log in with. */
export default function KeysPage() {
  const { t } = useTranslation("keys");
  const [isMaking, setMaking] = useState(false);
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  const make = (
    <button type="button" className={styles.create} onClick={() => setMaking(true)} data-testid="new-key">
      {t("create")}
    </button>
  );
  return (
    <OwnPage>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <Panel title={t("title")} controls={make}>
          <KeyList />
        </Panel>
      </main>
      {isMaking && <KeyDialog onClose={() => setMaking(false)} />}
    </OwnPage>
  );
}
