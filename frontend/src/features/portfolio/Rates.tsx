import { useTranslation } from "react-i18next";
import { useAssetDecimals } from "@/shared/market/assets";
import { Amount } from "@/shared/ui/Amount";
import type { Schemas } from "@/shared/wire/api";
import styles from "./PortfolioSummary.module.css";

type Rate = Schemas["Rate"];

/** By which markets, and at which rates, assets are converted. */
export function Rates({ rates, currency }: { rates: readonly Rate[]; currency: string }) {
  const { t } = useTranslation("portfolio");
  const decimals = useAssetDecimals();
  if (rates.length === 0) return null;
  return (
    <p className={styles.rates} data-testid="rates">
      {rates.map((rate) => (
        <span key={rate.asset}>
          1 {rate.asset} ={" "}
          {rate.path === null ? (
            t("noPath")
          ) : (
            <>
              {rate.rate !== null && <Amount text={rate.rate} decimals={decimals(currency)} exact />}{" "}
              {currency} ({pathText(rate.path, t("inverse"))})
            </>
          )}
        </span>
      ))}
    </p>
  );
}

function pathText(path: NonNullable<Rate["path"]>, inverse: string): string {
  return path.map((step) => (step.inverse ? `${step.symbol} ${inverse}` : step.symbol)).join(" → ");
}
