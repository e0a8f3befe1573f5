import { useTranslation } from "react-i18next";
import { useLocation } from "react-router";
import { usePage } from "@/shared/page";
import styles from "./OwnPage.module.css";

/** A page about the visitor's own account; without one it shows what to do instead. */
export function OwnPage({
  needsAccount = true,
  children,
}: {
  needsAccount?: boolean;
  children: React.ReactNode;
}) {
  const { t } = useTranslation();
  const { username, account } = usePage();
  const { pathname } = useLocation();
  if (!username) {
    return (
      <main className={styles.message}>
        <p>{t("ownPage.logInFirst")}</p>
        <a className={styles.action} href={`/accounts/login/?next=${encodeURIComponent(pathname)}`}>
          {t("logIn")}
        </a>
      </main>
    );
  }
  if (needsAccount && !account) {
    return (
      <main className={styles.message}>
        <p>{t("ownPage.noAccount")}</p>
      </main>
    );
  }
  return <>{children}</>;
}
