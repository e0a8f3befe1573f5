import { useTranslation } from "react-i18next";
import { isRouteErrorResponse, useRouteError } from "react-router";
import styles from "./App.module.css";

/** What stands in place of a page that could not be shown. */
export function Failed() {
  const { t } = useTranslation();
  const error = useRouteError();
  const missing = isRouteErrorResponse(error) && error.status === 404;
  return <div className={styles.empty}>{missing ? t("notFound") : t("pageFailed")}</div>;
}
