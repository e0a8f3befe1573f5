import { useTranslation } from "react-i18next";

export default function AccountPage() {
  const { t } = useTranslation();
  return <main>{t("pages.account")}</main>;
}
