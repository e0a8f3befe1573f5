import { useState } from "react";
import { useTranslation } from "react-i18next";
import { grouped } from "@/shared/numbers";
import buttons from "@/shared/ui/Button.module.css";
import styles from "./AccountTabs.module.css";
import type { History } from "./history";
import { useAccountView } from "./view-store";

/** Rows that are looked through before a person is asked whether to go on. */
const SEARCH_ROWS = 10_000;

interface Search {
  /** Fetches what is older while the table has room. */
  onEnd: (() => void) | undefined;
  /** In place of rows while there are none. */
  empty: React.ReactNode;
  /** How far it was searched, below the rows. */
  foot: React.ReactNode;
}

/** A history that is looked through by filters of our own: how far it is searched, and how far it was. */
export function useSearch<Row>(history: History<Row>, isSearch: boolean, empty: React.ReactNode): Search {
  const { t } = useTranslation("orders");
  // Other filters begin another search.
  const filters = useAccountView((view) => view.filters);
  const [further, setFurther] = useState({ filters, rows: SEARCH_ROWS });
  const allowed = further.filters === filters ? further.rows : SEARCH_ROWS;
  const { rows, hasMore, failed, more, retry } = history;
  const isPaused = isSearch && hasMore && rows.length >= allowed;
  const goOn = failed
    ? retry
    : isPaused
      ? () => setFurther({ filters, rows: rows.length + SEARCH_ROWS })
      : null;
  const text = failed ? "searchFailed" : isPaused ? "searched" : "searching";
  const foot = (
    <p className={styles.searched} role="status" data-testid="searched">
      {t(text, { rows: grouped(String(rows.length)) })}
      {goOn && (
        <button type="button" className={buttons.small} data-testid="search-on" onClick={goOn}>
          {t(failed ? "retry" : "searchOn")}
        </button>
      )}
    </p>
  );
  return {
    onEnd: isPaused ? undefined : more,
    empty: isSearch && (hasMore || failed) ? t("empty.soFar") : empty,
    foot: (isSearch && hasMore) || failed ? foot : null,
  };
}
