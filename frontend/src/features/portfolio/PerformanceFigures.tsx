import { useTranslation } from "react-i18next";
import { Amount, Percent } from "@/shared/ui/Amount";
import styles from "./PortfolioSummary.module.css";
import type { CurrencyPortfolio } from "./revalue";

interface PerformanceFiguresProps {
  part: CurrencyPortfolio;
  decimals: number;
}

/** The return over the range, beside that of simply keeping what there was. */
export function PerformanceFigures({ part, decimals }: PerformanceFiguresProps) {
  const { t } = useTranslation("portfolio");
  const { performance, currency } = part;
  if (performance === null) return null;
  return (
    <dl className={styles.performance} data-testid="performance">
      <div>
        <dt title={t("timeWeightedHelp")}>{t("timeWeighted")}</dt>
        <dd>
          <Percent text={performance.time_weighted_percent} />
        </dd>
      </div>
      <div>
        <dt title={t("keptHelp")}>{t("kept")}</dt>
        <dd>
          <Percent text={performance.kept_percent} />{" "}
          <small>
            <Amount text={performance.kept_value} decimals={decimals} /> {currency}
          </small>
        </dd>
      </div>
      <div>
        <dt title={t("tradingProfitHelp")}>{t("tradingProfit")}</dt>
        <dd>
          <Amount text={performance.trading_profit} decimals={decimals} signed />
        </dd>
      </div>
    </dl>
  );
}
