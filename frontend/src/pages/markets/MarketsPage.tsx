import { useTranslation } from "react-i18next";

export default function MarketsPage() {
  const { t } = useTranslation();
  return <main>{t("pages.markets")}</main>;
}
