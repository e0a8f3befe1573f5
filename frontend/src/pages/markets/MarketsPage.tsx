import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMarketColumns } from "@/features/markets/columns";
import { MarketFilters } from "@/features/markets/MarketFilters";
import { matching, type Shown } from "@/features/markets/matching";
import { useSparklines } from "@/features/markets/use-sparklines";
import { useDisplayName } from "@/shared/i18n";
import { useSettings } from "@/shared/settings";
import { DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { useConnection } from "@/shared/wire/connection";
import { useTickers } from "@/shared/wire/market-store";
import { useSymbols } from "@/shared/wire/symbols";
import styles from "./MarketsPage.module.css";

/** Every market at a glance: sortable, searchable, favourites first on request. */
export default function MarketsPage() {
  const { t } = useTranslation("markets");
  const symbols = useSymbols();
  const names = useMemo(() => (symbols ?? []).map((terms) => terms.symbol), [symbols]);
  const tickers = useTickers(names);
  const sparklines = useSparklines(names);
  const favourites = useSettings((settings) => settings.favourites);
  const displayName = useDisplayName();
  const [shown, setShown] = useState<Shown>({ text: "", group: "all" });
  const { state } = useConnection();
  const columns = useMarketColumns();
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  const rows = (symbols ?? [])
    .filter((terms) => matching(terms, displayName(terms.symbol), shown, favourites))
    .map((terms) => ({
      terms,
      name: displayName(terms.symbol),
      ticker: tickers.get(terms.symbol),
      closes: sparklines.get(terms.symbol) ?? [],
      isFavourite: favourites.includes(terms.symbol),
    }));
  const quotes = [...new Set((symbols ?? []).map((terms) => terms.quote_asset))].toSorted();
  return (
    <main className={styles.page}>
      <h1 className="visually-hidden">{t("title")}</h1>
      <Panel
        title={t("title")}
        stale={state === "reconnecting"}
        controls={<MarketFilters shown={shown} quotes={quotes} onChange={setShown} />}
      >
        <DataTable
          label={t("title")}
          testId="markets"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.terms.symbol}
          loading={symbols === null}
          empty={t(names.length === 0 ? "none" : "noMatch")}
        />
      </Panel>
    </main>
  );
}
