import { useTranslation } from "react-i18next";
import styles from "./MarketFilters.module.css";
import type { Shown } from "./matching";

interface MarketFiltersProps {
  shown: Shown;
  quotes: readonly string[];
  onChange: (shown: Shown) => void;
}

export function MarketFilters({ shown, quotes, onChange }: MarketFiltersProps) {
  const { t } = useTranslation("markets");
  const groups = [
    { id: "all", label: t("all") },
    { id: "favourites", label: t("favourites") },
    ...quotes.map((quote) => ({ id: quote, label: quote })),
  ];
  return (
    <div className={styles.filters}>
      <div className={styles.groups} role="group" aria-label={t("groups")}>
        {groups.map(({ id, label }) => (
          <button
            key={id}
            type="button"
            aria-pressed={shown.group === id}
            onClick={() => onChange({ ...shown, group: id })}
          >
            {label}
          </button>
        ))}
      </div>
      <input
        type="search"
        className={styles.search}
        value={shown.text}
        aria-label={t("search")}
        placeholder={t("search")}
        onChange={(event) => onChange({ ...shown, text: event.target.value })}
      />
    </div>
  );
}
