import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals } from "@/shared/market/assets";
import { grouped } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import buttons from "@/shared/ui/Button.module.css";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { answer, api, type Schemas } from "@/shared/wire/api";
import { filtersOf, type HistoryQuery, isSearch } from "./history";
import styles from "./Totals.module.css";
import { useTermsBySymbol } from "./use-rows";

interface TotalsProps {
  tab: "history" | "fills";
  query: HistoryQuery;
}

/** What the filtered rows of a history come to, however many pages they are. */
export function Totals({ tab, query }: TotalsProps) {
  const { t } = useTranslation("orders");
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        className={buttons.small}
        disabled={isSearch(query)}
        data-testid="totals"
        onClick={() => setOpen(true)}
      >
        {t("totals")}
      </button>
      {isOpen && (
        <Dialog title={`${t("totals")} · ${t(tab)}`} onClose={() => setOpen(false)} testId="totals-dialog">
          <Sums tab={tab} query={query} />
          <DialogActions>
            <button type="button" className={buttons.button} data-first-focus onClick={() => setOpen(false)}>
              {t("close")}
            </button>
          </DialogActions>
        </Dialog>
      )}
    </>
  );
}

function Sums({ tab, query }: TotalsProps) {
  const { t } = useTranslation("orders");
  const errorText = useErrorText();
  const asked = filtersOf(query);
  const { data, error } = useQuery({
    queryKey: ["totals", tab, asked],
    queryFn: () => readTotals(tab, asked),
    staleTime: 0,
  });
  if (error) return <p role="alert">{errorText(failureOf(error).code)}</p>;
  if (!data) return <p>{t("loading")}</p>;
  return (
    <div className={styles.totals}>
      <p data-testid="totals-count">{t("totalRows", { rows: grouped(String(data.count)) })}</p>
      {data.totals.map((total) => (
        <SymbolSums key={total.symbol} total={total} />
      ))}
    </div>
  );
}

function readTotals(tab: TotalsProps["tab"], query: Omit<HistoryQuery, "limit">): Promise<Schemas["Totals"]> {
  if (tab === "fills") return answer(api.GET("/v1/fills/totals", { params: { query } }));
  return answer(api.GET("/v1/orders/totals", { params: { query: { status: "closed", ...query } } }));
}

function SymbolSums({ total }: { total: Schemas["SymbolTotal"] }) {
  const { t } = useTranslation("orders");
  const decimals = useAssetDecimals();
  const terms = useTermsBySymbol().get(total.symbol);
  const base = terms?.base_asset ?? "";
  const money = decimals(total.fee_asset);
  const line = (label: string, quantity: string, amount: string) => (
    <>
      <dt>{label}</dt>
      <dd>
        {grouped(quantity)} {base}
      </dd>
      <dd>
        <Amount text={amount} decimals={money} /> {total.fee_asset}
      </dd>
    </>
  );
  return (
    <section>
      <h3>
        {total.symbol} <small>{t("totalRows", { rows: grouped(String(total.count)) })}</small>
      </h3>
      <dl>
        {line(t("sides.buy"), total.bought_quantity, total.bought_amount)}
        {line(t("sides.sell"), total.sold_quantity, total.sold_amount)}
        <dt>{t("columns.fee")}</dt>
        <dd />
        <dd>
          <Amount text={total.fee} decimals={money} exact /> {total.fee_asset}
        </dd>
      </dl>
    </section>
  );
}
