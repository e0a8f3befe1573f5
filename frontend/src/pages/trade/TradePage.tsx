import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useParams } from "react-router";
import { OrderBook } from "@/features/book/OrderBook";
import { Chart } from "@/features/chart/Chart";
import { Tape } from "@/features/trades/Tape";
import { useSettings } from "@/shared/settings/settings";
import { useSymbols } from "@/shared/wire/store";
import styles from "./TradePage.module.css";

export function TradePage() {
  const { t } = useTranslation();
  const { symbol } = useParams();
  const symbols = useSymbols();
  const spec = symbols?.find((entry) => entry.symbol === symbol);
  const remember = useSettings((settings) => settings.set);
  useEffect(() => {
    if (spec) remember({ lastSymbol: spec.symbol });
  }, [spec, remember]);
  if (!spec) return <div className={styles.empty}>{symbols === null ? t("loading") : t("notFound")}</div>;
  return (
    <main className={styles.panels}>
      <Chart className={styles.chart ?? ""} spec={spec} />
      <OrderBook className={styles.book ?? ""} spec={spec} statistics={undefined} />
      <Tape className={styles.trades ?? ""} spec={spec} />
    </main>
  );
}
