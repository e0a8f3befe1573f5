import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useAssetDecimals } from "@/shared/market/assets";
import { usePage } from "@/shared/page";
import buttons from "@/shared/ui/Button.module.css";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { TabPanel, Tabs } from "@/shared/ui/Tabs";
import { showToast } from "@/shared/ui/toast-store";
import { useAccount } from "@/shared/wire/account-store";
import type { Fill, Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./AccountTabs.module.css";
import { cancelAll } from "./actions";
import { Balances } from "./Balances";
import { exportTab } from "./export";
import { Fills } from "./Fills";
import { type HistoryQuery, isSearch, queryOf, useFills, useOrderHistory } from "./history";
import { OpenOrders } from "./OpenOrders";
import { OrderFilters } from "./OrderFilters";
import { OrderHistory } from "./OrderHistory";
import { Totals } from "./Totals";
import { useBalances, useOpenOrders, useTermsBySymbol } from "./use-rows";
import { NO_FILTERS, passes, TABS, useAccountView } from "./view-store";

/** Open orders, order history, fills and balances of the user who is logged in. */
export function AccountTabs({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("orders");
  const { username } = usePage();
  const { tab, setTab } = useAccountView();
  const open = useOpenOrders();
  const current = useAccount((account) => account.current);
  const items = TABS.map((id) => ({
    id,
    label: id === "open" && username ? `${t("open")} (${open.length})` : t(id),
  }));
  return (
    <section
      className={styles.panel}
      aria-label={t("title")}
      data-testid="account-tabs"
      data-stale={username !== "" && !current}
    >
      <div className={styles.head}>
        <Tabs
          name="account"
          label={t("title")}
          items={items}
          selected={tab}
          onSelect={setTab}
          className={styles.tabs}
        />
        {username && <Tools terms={terms} open={open} />}
      </div>
      <TabPanel name="account" selected={tab} className={styles.body}>
        {username ? <Body terms={terms} open={open} /> : <Visitor terms={terms} />}
      </TabPanel>
    </section>
  );
}

function Visitor({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("orders");
  return (
    <div className={styles.visitor}>
      <p>{t("visitor")}</p>
      <a href={`/accounts/login/?next=/trade/${terms.symbol}`}>{t("logIn")}</a>
    </div>
  );
}

/** The rows of the chosen tab. */
function Body({ terms, open }: { terms: SymbolTerms; open: readonly Order[] }) {
  const { t } = useTranslation("orders");
  const { tab, filters, hideOthers } = useAccountView();
  const only = hideOthers ? terms.symbol : null;
  const termsBySymbol = useTermsBySymbol();
  const decimalsOf = useAssetDecimals();
  const loading = useAccount((account) => !account.current && account.open.size === 0);
  const query = useHistoryQuery(terms);
  const orders = useOrderHistory(query, tab === "history");
  const fills = useFills(query, tab === "fills");
  const balances = useBalances(useAssetsOf(hideOthers ? terms : null));
  const filtered = filters !== NO_FILTERS && JSON.stringify(filters) !== JSON.stringify(NO_FILTERS);
  const empty = filtered ? t("empty.filtered") : <Empty tab={tab} />;
  const isShown = (row: Order | Fill) => passes(row, filters, only);
  if (tab === "balances")
    return <Balances rows={balances} decimalsOf={decimalsOf} loading={loading} empty={empty} />;
  if (tab === "open")
    return (
      <OpenOrders rows={open.filter(isShown)} termsBySymbol={termsBySymbol} loading={loading} empty={empty} />
    );
  const history = tab === "history" ? orders : fills;
  if (history.failed && history.rows.length === 0) return <Failed onRetry={history.retry} />;
  const parts = { termsBySymbol, empty, isSearch: isSearch(query) };
  if (tab === "history")
    return <OrderHistory {...parts} history={orders} rows={orders.rows.filter(isShown)} />;
  return <Fills {...parts} history={fills} rows={fills.rows.filter(isShown)} />;
}

/** What the exchange is asked for with the filters that are set. */
function useHistoryQuery(terms: SymbolTerms): HistoryQuery {
  const { filters, hideOthers } = useAccountView();
  const symbols = [...useTermsBySymbol().keys()];
  return queryOf(filters, hideOthers ? terms.symbol : null, symbols);
}

/** The two assets of a symbol; null for all. */
function useAssetsOf(terms: SymbolTerms | null): ReadonlySet<string> | null {
  const base = terms?.base_asset;
  const quote = terms?.quote_asset;
  return useMemo(() => (base && quote ? new Set([base, quote]) : null), [base, quote]);
}

function Empty({ tab }: { tab: (typeof TABS)[number] }) {
  const { t } = useTranslation("orders");
  return (
    <>
      {t(`empty.${tab}`)} {tab === "balances" && <Link to="/wallet">{t("empty.wallet")}</Link>}
    </>
  );
}

function Failed({ onRetry }: { onRetry: () => void }) {
  const { t } = useTranslation("orders");
  return (
    <div className={styles.visitor} role="alert">
      <p>{t("failed")}</p>
      <button type="button" className={buttons.small} onClick={onRetry}>
        {t("retry")}
      </button>
    </div>
  );
}

/** Filters, other markets, the file, and the way out of everything. */
function Tools({ terms, open }: { terms: SymbolTerms; open: readonly Order[] }) {
  const { t } = useTranslation("orders");
  const { tab, hideOthers, setHideOthers } = useAccountView();
  const [asked, setAsked] = useState(false);
  const exportRows = useExport(terms, open);
  const query = useHistoryQuery(terms);
  const cancelable = open.filter(
    (order) => order.order_id !== "" && (!hideOthers || order.symbol === terms.symbol),
  );
  return (
    <div className={styles.tools}>
      <OrderFilters tab={tab} />
      <label className={styles.hide}>
        <input
          type="checkbox"
          checked={hideOthers}
          data-testid="hide-others"
          onChange={(event) => setHideOthers(event.target.checked)}
        />
        {t("hideOthers")}
      </label>
      <button type="button" className={buttons.small} data-testid="export" onClick={exportRows}>
        {t("export")}
      </button>
      {tab === "open" && (
        <button
          type="button"
          className={buttons.small}
          disabled={cancelable.length === 0}
          data-testid="cancel-all"
          onClick={() => setAsked(true)}
        >
          {t("cancelAll")}
        </button>
      )}
      {(tab === "history" || tab === "fills") && <Totals tab={tab} query={query} />}
      {asked && (
        <CancelAll
          orders={cancelable}
          symbol={hideOthers ? terms.symbol : undefined}
          onClose={() => setAsked(false)}
        />
      )}
    </div>
  );
}

function useExport(terms: SymbolTerms, open: readonly Order[]): () => void {
  const { t } = useTranslation("orders");
  const { tab, filters, hideOthers } = useAccountView();
  const balances = useBalances(useAssetsOf(hideOthers ? terms : null));
  const query = useHistoryQuery(terms);
  return () => {
    const scope = { tab, filters, query, only: hideOthers ? terms.symbol : null, open, balances };
    if (!exportTab(scope, t)) showToast({ key: "export", tone: "bad", title: t("exportWhich") });
  };
}

interface CancelAllProps {
  orders: readonly Order[];
  symbol: string | undefined;
  onClose: () => void;
}

function CancelAll({ orders, symbol, onClose }: CancelAllProps) {
  const { t } = useTranslation("orders");
  const confirm = () => {
    onClose();
    void cancelAll(
      orders.map((order) => order.order_id),
      symbol,
    );
  };
  return (
    <Dialog title={t("cancelAllTitle")} onClose={onClose} testId="cancel-all-dialog">
      <p>{t("cancelAllText", { count: orders.length, where: symbol ?? t("everyMarket") })}</p>
      <DialogActions>
        <button type="button" className={buttons.button} data-first-focus onClick={onClose}>
          {t("keep")}
        </button>
        <button type="button" className={buttons.primary} data-testid="cancel-all-confirm" onClick={confirm}>
          {t("cancelAll")}
        </button>
      </DialogActions>
    </Dialog>
  );
}
