import { useTranslation } from "react-i18next";
import { useAssets } from "@/shared/assets";
import { DayField } from "@/shared/ui/DayField";
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
      <DayField label={t("from")} testId="ledger-from" value={filter.from} max={filter.to} onChange={(from) => onChange({ ...filter, from })} />
      <DayField label={t("to")} testId="ledger-to" value={filter.to} min={filter.from} onChange={(to) => onChange({ ...filter, to })} />
      {isNarrowed && (
        <button type="button" className={styles.small} onClick={() => onChange(EVERYTHING)} data-testid="ledger-clear">
          {t("clear")}
        </button>
      )}
    </div>
  );
}
