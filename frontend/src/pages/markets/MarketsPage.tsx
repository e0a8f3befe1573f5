import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Filters } from "@/features/markets/Filters";
import { matching, type Shown } from "@/features/markets/matching";
import { useMarketColumns } from "@/features/markets/columns";
import { useSparklines } from "@/features/markets/use-sparklines";
import { useDisplayName } from "@/shared/i18n";
import { useSettings } from "@/shared/settings/settings";
import { DataTable } from "@/shared/ui/DataTable";
import { Panel } from "@/shared/ui/Panel";
import { useConnection, useStatistics } from "@/shared/wire/store";
import { useSymbols } from "@/shared/wire/symbols";
import styles from "./MarketsPage.module.css";

/** Every market at a glance: sortable, searchable, favourites first on request. */
export default function MarketsPage() {
  const { t } = useTranslation("markets");
  const symbols = useSymbols();
  const names = useMemo(() => (symbols ?? []).map((spec) => spec.symbol), [symbols]);
  const statistics = useStatistics(names);
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
    .filter((spec) => matching(spec, displayName(spec.symbol), shown, favourites))
    .map((spec) => ({
      spec,
      name: displayName(spec.symbol),
      statistics: statistics.get(spec.symbol),
      closes: sparklines.get(spec.symbol) ?? [],
      isFavourite: favourites.includes(spec.symbol),
    }));
  const quotes = [...new Set((symbols ?? []).map((spec) => spec.quote_asset))].toSorted();
  return (
    <main className={styles.page}>
      <h1 className="visually-hidden">{t("title")}</h1>
      <Panel
        title={t("title")}
        stale={state === "reconnecting"}
        controls={<Filters shown={shown} quotes={quotes} onChange={setShown} />}
      >
        <DataTable
          label={t("title")}
          testId="markets"
          columns={columns}
          rows={rows}
          keyOf={(row) => row.spec.symbol}
          loading={symbols === null}
          empty={t(names.length === 0 ? "none" : "noMatch")}
        />
      </Panel>
    </main>
  );
}
