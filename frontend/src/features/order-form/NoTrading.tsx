import { useTranslation } from "react-i18next";
import { usePage } from "@/shared/page";
import { Panel } from "@/shared/ui/Panel";
import styles from "./OrderForm.module.css";

/** In place of the order form, for a user whose role does not trade. */
export function NoTrading() {
  const { t } = useTranslation("order");
  const { t: common } = useTranslation();
  const { role, isStaff } = usePage();
  return (
    <Panel title={t("title")}>
      <div className={styles.noTrading} data-testid="no-trading">
        <p>{t("noTrading", { role: role ? common(`roles.${role}`) : "–" })}</p>
        {isStaff && <a href="/admin/">{t("toOperatorPages")}</a>}
      </div>
    </Panel>
  );
}
