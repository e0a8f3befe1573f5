import { useTranslation } from "react-i18next";
import { fromUnits, grouped } from "@/shared/numbers";
import type { SymbolTerms } from "@/shared/wire/types";
import { SIDES, useBookSettings } from "./book-settings";
import styles from "./OrderBook.module.css";
import { MULTIPLES } from "./rows";

/** Which sides are shown, and how many ticks a row has. */
export function Controls({ terms, tick, multiple }: { terms: SymbolTerms; tick: bigint; multiple: number }) {
  const { t } = useTranslation("book");
  const { sides, set, setMultiple } = useBookSettings();
  return (
    <div className={styles.controls}>
      {SIDES.map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={sides === name}
          aria-label={t(`sides.${name}`)}
          title={t(`sides.${name}`)}
          onClick={() => set({ sides: name })}
        >
          <i className={styles.sidesIcon} data-shown={name} />
        </button>
      ))}
      <select
        aria-label={t("grouping")}
        title={t("grouping")}
        value={multiple}
        data-testid="book-grouping"
        onChange={(event) => setMultiple(terms.symbol, Number(event.target.value))}
      >
        {MULTIPLES.map((entry) => (
          <option key={entry} value={entry}>
            {grouped(fromUnits(tick * BigInt(entry), terms.price_scale))}
          </option>
        ))}
      </select>
    </div>
  );
}
