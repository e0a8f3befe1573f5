import { useTranslation } from "react-i18next";
import { toUnits } from "@/shared/numbers";
import { Amount, Percent } from "@/shared/ui/Amount";
import styles from "./PortfolioSummary.module.css";
import { type CurrencyPortfolio, percent } from "./revalue";

const SCALE = 8;

/** The figures that matter first. */
export function PortfolioSummary({ part, decimals }: { part: CurrencyPortfolio; decimals: number }) {
  const { t } = useTranslation("portfolio");
  const { holdings } = part;
  const unknownCost = holdings.filter(({ cost }) => cost === null).map(({ asset }) => asset);
  const unknownWorth = holdings.filter(({ value }) => value === null).map(({ asset }) => asset);
  const unknownProfit = [...new Set([...unknownCost, ...unknownWorth])];
  // Of sums in which nothing is known there is nothing to show.
  const known = (text: string, unknown: readonly string[]) =>
    holdings.length > 0 && unknown.length === holdings.length ? null : text;
  const unrealised = percent(toUnits(part.unrealised_profit, SCALE), toUnits(part.cost, SCALE));
  return (
    <dl className={styles.summary} data-testid="summary">
      <div className={styles.first}>
        <dt>{t("totalValue")}</dt>
        <dd data-testid="total-value">
          <Amount text={part.value} decimals={decimals} />{" "}
          <small>
            {part.currency} <Without assets={unknownWorth} />
          </small>
        </dd>
      </div>
      <Figure label={t("cash")} text={part.cash} decimals={decimals} />
      <Figure
        label={t("cost")}
        text={known(part.cost, unknownCost)}
        decimals={decimals}
        without={unknownCost}
      />
      <div>
        <dt>{t("unrealised")}</dt>
        <dd>
          <Amount text={known(part.unrealised_profit, unknownProfit)} decimals={decimals} signed />
          <Without assets={unknownProfit} />
          {unrealised !== null && unknownProfit.length === 0 && (
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

function Figure({
  label,
  text,
  decimals,
  signed = false,
  without = [],
}: {
  label: string;
  text: string | null;
  decimals: number;
  signed?: boolean;
  without?: readonly string[];
}) {
  return (
    <div>
      <dt>{label}</dt>
      <dd>
        <Amount text={text} decimals={decimals} signed={signed} />
        <Without assets={without} />
      </dd>
    </div>
  );
}

/** Which assets a sum leaves out, since what they cost or are worth is not known. */
function Without({ assets }: { assets: readonly string[] }) {
  const { t } = useTranslation("portfolio");
  if (assets.length === 0) return null;
  return <small title={t("unknown")}> {t("without", { assets: assets.join(", ") })}</small>;
}
