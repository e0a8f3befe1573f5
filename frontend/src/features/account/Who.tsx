import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { usePage } from "@/shared/page";
import { Panel } from "@/shared/ui/Panel";
import styles from "./account.module.css";

/** Who is logged in, and the ways on from here. */
export function Who() {
  const { t } = useTranslation("account");
  const { t: common } = useTranslation();
  const { username, account, role, isStaff, isDemo, csrfToken } = usePage();
  return (
    <Panel title={t("who")}>
      <div className={styles.who} data-testid="who">
        <dl className={styles.facts}>
          <dt>{t("user")}</dt>
          <dd>{username}</dd>
          <dt>{t("role")}</dt>
          <dd>{role ? common(`roles.${role}`) : t("noRole")}</dd>
          <dt>{t("accountNumber")}</dt>
          <dd>{account ? <Link to="/sub-accounts">{account}</Link> : t("noAccount")}</dd>
          <dt>{t("exchange")}</dt>
          <dd>{t(isDemo ? "demo" : "real")}</dd>
        </dl>
        <form className={styles.links} method="post" action="/accounts/logout/">
          <input type="hidden" name="csrfmiddlewaretoken" value={csrfToken} />
          <a className={styles.button} href="/accounts/email">
            {t("changeEmail")}
          </a>
          <a className={styles.button} href="/accounts/password">
            {t("changePassword")}
          </a>
          <a className={styles.button} href="/api/docs">
            {t("apiDocs")}
          </a>
          {isStaff && (
            <a className={styles.button} href="/admin/">
              {t("admin")}
            </a>
          )}
          <button type="submit" className={styles.button}>
            {t("logOut")}
          </button>
        </form>
      </div>
    </Panel>
  );
}
