import { useTranslation } from "react-i18next";
import { useAssets } from "@/shared/assets";
import { ENTRY_TYPES, EVERYTHING, type LedgerFilter } from "./ledger-filter";
import styles from "./LedgerFilters.module.css";

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
      <select
        className={styles.field}
        aria-label={t("asset")}
        value={filter.asset}
        onChange={(event) => onChange({ ...filter, asset: event.target.value })}
        data-testid="ledger-asset"
      >
        <option value="">{t("everyAsset")}</option>
        {assets.map((asset) => (
          <option key={asset}>{asset}</option>
        ))}
      </select>
      <select
        className={styles.field}
        aria-label={t("type")}
        value={filter.type}
        onChange={(event) => onChange({ ...filter, type: event.target.value as LedgerFilter["type"] })}
        data-testid="ledger-type"
      >
        <option value="">{t("everyType")}</option>
        {ENTRY_TYPES.map((type) => (
          <option key={type} value={type}>
            {t(`types.${type}`)}
          </option>
        ))}
      </select>
      <Day label={t("from")} value={filter.from} max={filter.to} onChange={(from) => onChange({ ...filter, from })} />
      <Day label={t("to")} value={filter.to} min={filter.from} onChange={(to) => onChange({ ...filter, to })} />
      {isNarrowed && (
        <button type="button" className={styles.small} onClick={() => onChange(EVERYTHING)}>
          {t("clear")}
        </button>
      )}
    </div>
  );
}

interface DayProps {
  label: string;
  value: string;
  min?: string;
  max?: string;
  onChange: (day: string) => void;
}

function Day({ label, value, min, max, onChange }: DayProps) {
  return (
    <label className={styles.day}>
      <span>{label}</span>
      <input
        className={styles.field}
        type="date"
        value={value}
        min={min}
        max={max}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
