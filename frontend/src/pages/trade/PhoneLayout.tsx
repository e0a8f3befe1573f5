import { useTranslation } from "react-i18next";
import { AccountTabs } from "@/features/account-tabs/AccountTabs";
import { OrderBook } from "@/features/book/OrderBook";
import { Chart } from "@/features/chart/Chart";
import { DepthChart } from "@/features/depth/DepthChart";
import { OrderForm } from "@/features/order-form/OrderForm";
import { Tape } from "@/features/trades/Tape";
import type { Side } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import { useMayTrade } from "@/shared/page";
import { Dialog } from "@/shared/ui/Dialog";
import { TabPanel, Tabs } from "@/shared/ui/Tabs";
import type { SymbolTerms } from "@/shared/wire/types";
import { Banners } from "./Banners";
import { PHONE_VIEWS, type PhoneView, useLayout } from "./layout-store";
import styles from "./TradePage.module.css";

/** One view at a time, and a bar that opens the form as a sheet. */
export function PhoneLayout({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation();
  const { phoneView, setPhoneView } = useLayout();
  const mayTrade = useMayTrade();
  const items = PHONE_VIEWS.map((id) => ({ id, label: t(`layout.${id}`) }));
  return (
    <main className={styles.phone}>
      <Banners terms={terms} />
      <div className={styles.phoneTabs}>
        <Tabs
          name="view"
          label={t("layout.views")}
          items={items}
          selected={phoneView}
          onSelect={setPhoneView}
          className={styles.phoneTabList}
        />
      </div>
      <TabPanel name="view" selected={phoneView} className={styles.only}>
        <View view={phoneView} terms={terms} />
      </TabPanel>
      {mayTrade && <TradeBar terms={terms} />}
    </main>
  );
}

function View({ view, terms }: { view: PhoneView; terms: SymbolTerms }) {
  const setSheet = useDraft((form) => form.setSheet);
  const openSheet = () => setSheet(true);
  if (view === "chart") return <Chart className="" terms={terms} depth={<DepthChart terms={terms} />} />;
  if (view === "book") return <OrderBook terms={terms} onTake={openSheet} />;
  if (view === "trades") return <Tape className="" terms={terms} onTake={openSheet} />;
  return <AccountTabs terms={terms} />;
}

function TradeBar({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("order");
  const { sheetOpen, setSheet, setSide } = useDraft();
  const open = (side: Side) => {
    setSide(side);
    setSheet(true);
  };
  return (
    <>
      <div className={styles.tradeBar}>
        {(["buy", "sell"] as const).map((side) => (
          <button
            key={side}
            type="button"
            data-side={side}
            data-testid={`open-${side}`}
            onClick={() => open(side)}
          >
            {t(side)}
          </button>
        ))}
      </div>
      {sheetOpen && (
        <Dialog title={t("title")} shape="sheet" testId="order-sheet" onClose={() => setSheet(false)}>
          <OrderForm terms={terms} />
        </Dialog>
      )}
    </>
  );
}
