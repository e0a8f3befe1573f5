import { useTranslation } from "react-i18next";
import { toUnits } from "@/shared/numbers";
import { Amount, Percent } from "@/shared/ui/Amount";
import { type CurrencyPortfolio, percent } from "./revalue";
import styles from "./Summary.module.css";

const SCALE = 8;

/** The figures that matter first. */
export function Summary({ part, decimals }: { part: CurrencyPortfolio; decimals: number }) {
  const { t } = useTranslation("portfolio");
  const unrealised = percent(toUnits(part.unrealised_profit, SCALE), toUnits(part.cost, SCALE));
  return (
    <dl className={styles.summary} data-testid="summary">
      <div className={styles.first}>
        <dt>{t("totalValue")}</dt>
        <dd data-testid="total-value">
          <Amount text={part.value} decimals={decimals} /> <small>{part.currency}</small>
        </dd>
      </div>
      <Figure label={t("cash")} text={part.cash} decimals={decimals} />
      <Figure label={t("cost")} text={part.cost} decimals={decimals} />
      <div>
        <dt>{t("unrealised")}</dt>
        <dd>
          <Amount text={part.unrealised_profit} decimals={decimals} signed />
          {unrealised !== null && (
            <small>
              {" "}
              <Percent text={unrealised} />
            </small>
          )}
        </dd>
      </div>
      <Figure label={t("realised")} text={part.realised_profit} decimals={decimals} signed />
    </dl>
  );
}

function Figure({ label, text, decimals, signed = false }: { label: string; text: string; decimals: number; signed?: boolean }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Amount text={text} decimals={decimals} signed={signed} />
      </dd>
    </div>
  );
}
