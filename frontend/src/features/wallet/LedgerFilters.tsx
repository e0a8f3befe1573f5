import { useTranslation } from "react-i18next";
import { useAssets } from "@/shared/market/assets";
import { DayField } from "@/shared/ui/DayField";
import styles from "./LedgerFilters.module.css";
import { ENTRY_TYPES, EVERYTHING, type LedgerFilter } from "./ledger-filter";

interface LedgerFiltersProps {
  filter: LedgerFilter;
  onChange: (filter: LedgerFilter) => void;
}

export function LedgerFilters({ filter, onChange }: LedgerFiltersProps) {
  const { t } = useTranslation("wallet");
  const assets = useAssets();
  const isNarrowed = Object.values(filter).some((value) => value !== "");
  return (
    <div className={styles.filters} role="group" aria-label={t("filters")}>
      <Choice
        label={t("asset")}
        every={t("everyAsset")}
        options={assets.map((asset) => [asset, asset])}
        value={filter.asset}
        onChange={(asset) => onChange({ ...filter, asset })}
        testId="ledger-asset"
      />
      <Choice
        label={t("type")}
        every={t("everyType")}
        options={ENTRY_TYPES.map((type) => [type, t(`types.${type}`)])}
        value={filter.type}
        onChange={(type) => onChange({ ...filter, type: type as LedgerFilter["type"] })}
        testId="ledger-type"
      />
      <DayField
        label={t("from")}
        testId="ledger-from"
        value={filter.from}
        max={filter.to}
        onChange={(from) => onChange({ ...filter, from })}
      />
      <DayField
        label={t("to")}
        testId="ledger-to"
        value={filter.to}
        min={filter.from}
        onChange={(to) => onChange({ ...filter, to })}
      />
      {isNarrowed && (
        <button
          type="button"
          className={styles.small}
          onClick={() => onChange(EVERYTHING)}
          data-testid="ledger-clear"
        >
          {t("clear")}
        </button>
      )}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  /** The text of no choice. */
  every: string;
  options: readonly (readonly [value: string, text: string])[];
  value: string;
  onChange: (value: string) => void;
  testId: string;
}

function Choice({ label, every, options, value, onChange, testId }: ChoiceProps) {
  return (
    <select
      className={styles.field}
      aria-label={label}
      value={value}
      onChange={(event) => onChange(event.target.value)}
      data-testid={testId}
    >
      <option value="">{every}</option>
      {options.map(([id, text]) => (
        <option key={id} value={id}>
          {text}
        </option>
      ))}
    </select>
  );
}
