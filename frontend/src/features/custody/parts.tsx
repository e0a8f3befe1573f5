import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { Amount } from "@/shared/ui/Amount";
import styles from "./custody.module.css";
import { moodOf } from "./telling";

/** Why something failed; always there, so that it is read out when it comes. */
export function Problem({ of: error, testId }: { of: unknown; testId?: string }) {
  const errorText = useErrorText();
  const failure = error ? failureOf(error) : null;
  return (
    <p className={styles.problem} role="alert" data-testid={testId}>
      {failure && errorText(failure.code, failure.details)}
    </p>
  );
}

/** An amount of an asset, with its name. */
export function Money({ amount, asset }: { amount: string; asset: string }) {
  const decimals = useAssetDecimals()(asset);
  return (
    <span className={styles.money}>
      <Amount text={amount} decimals={decimals} exact /> {asset}
    </span>
  );
}

/** The short name of a state, with its colour. */
export function State({ of: state, names }: { of: string; names: "stateNames" | "depositNames" }) {
  const { t } = useTranslation("custody");
  return (
    <strong className={`${styles.state} ${styles.mood}`} data-mood={moodOf(state)} data-state={state}>
      {t(`${names}.${state}`)}
    </strong>
  );
}

interface AssetSelectProps {
  id: string;
  asset: string;
  /** Each asset, and whether it can be chosen. */
  options: readonly { asset: string; isOpen: boolean }[];
  onChoose: (asset: string) => void;
  testId: string;
}

export function AssetSelect({ id, asset, options, onChoose, testId }: AssetSelectProps) {
  const { t } = useTranslation("custody");
  return (
    <>
      <label htmlFor={id}>{t("asset")}</label>
      <select
        id={id}
        className={styles.field}
        value={asset}
        onChange={(event) => onChoose(event.target.value)}
        data-testid={testId}
      >
        {options.map((each) => (
          <option key={each.asset} value={each.asset} disabled={!each.isOpen}>
            {each.isOpen ? each.asset : t("closedAsset", { asset: each.asset })}
          </option>
        ))}
      </select>
    </>
  );
}

/** Names and values below one another. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: React.ReactNode])[] }) {
  return (
    <dl className={styles.facts}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
