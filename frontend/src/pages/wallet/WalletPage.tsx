import { useTranslation } from "react-i18next";

export default function WalletPage() {
  const { t } = useTranslation();
  return <main>{t("pages.wallet")}</main>;
}
