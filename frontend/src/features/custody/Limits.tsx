import { useTranslation } from "react-i18next";
import { useAssetDecimals } from "@/shared/market/assets";
import { signOf } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import { Panel } from "@/shared/ui/Panel";
import common from "./custody.module.css";
import { usedPercent } from "./figures";
import styles from "./limits.module.css";
import type { WithdrawalTerms } from "./wire";

type Span = WithdrawalTerms["limits"]["day"];

/** How much may still go out in 24 hours and in 30 days. */
export function Limits({ terms }: { terms: WithdrawalTerms }) {
  const { t } = useTranslation("custody");
  const { currency, day, month } = terms.limits;
  return (
    <Panel title={t("limits.title")}>
      <div className={styles.limits} data-testid="limits">
        <p className={common.note}>{t("limits.level", { level: terms.level })}</p>
        {signOf(day.limit) === 0 && <p className={common.warning}>{t("limits.none")}</p>}
        <Limit name={t("limits.day")} span={day} currency={currency} testId="limit-day" />
        <Limit name={t("limits.month")} span={month} currency={currency} testId="limit-month" />
        <p className={common.note}>{t("limits.help", { currency })}</p>
      </div>
    </Panel>
  );
}

interface LimitProps {
  name: string;
  span: Span;
  currency: string;
  testId: string;
}

function Limit({ name, span, currency, testId }: LimitProps) {
  const { t } = useTranslation("custody");
  const decimals = useAssetDecimals()(currency);
  const percent = usedPercent(span.used, span.limit);
  return (
    <div className={styles.limit} data-testid={testId}>
      <span>{name}</span>
      <span>
        {t("limits.left")} <Amount text={span.left} decimals={decimals} /> {currency}
      </span>
      <div
        className={styles.bar}
        role="meter"
        aria-label={name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={t("limits.usedOf", { percent })}
        data-full={percent === 100}
      >
        <i style={{ width: `${percent}%` }} />
      </div>
      <small>
        {t("limits.used")} <Amount text={span.used} decimals={decimals} /> / {t("limits.limit")}{" "}
        <Amount text={span.limit} decimals={decimals} /> {currency}
      </small>
    </div>
  );
}
