import { useTranslation } from "react-i18next";

export default function PortfolioPage() {
  const { t } = useTranslation();
  return <main>{t("pages.portfolio")}</main>;
}
