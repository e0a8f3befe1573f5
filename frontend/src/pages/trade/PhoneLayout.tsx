import { useTranslation } from "react-i18next";
import { AccountTabs } from "@/features/account-tabs/AccountTabs";
import { OrderBook } from "@/features/book/OrderBook";
import { Chart } from "@/features/chart/Chart";
import type { Side } from "@/features/order-form/draft";
import { useOrderForm } from "@/features/order-form/form-store";
import { OrderForm } from "@/features/order-form/OrderForm";
import { Tape } from "@/features/trades/Tape";
import { Dialog } from "@/shared/ui/Dialog";
import { TabPanel, Tabs } from "@/shared/ui/Tabs";
import type { SymbolSpec } from "@/shared/wire/types";
import { Banners } from "./Banners";
import { PHONE_VIEWS, type PhoneView, useLayout } from "./layout-store";
import styles from "./TradePage.module.css";

/** One view at a time, and a bar that opens the form as a sheet. */
export function PhoneLayout({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation();
  const { phoneView, setPhoneView } = useLayout();
  const items = PHONE_VIEWS.map((id) => ({ id, label: t(`layout.${id}`) }));
  return (
    <main className={styles.phone}>
      <Banners spec={spec} />
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
        <View view={phoneView} spec={spec} />
      </TabPanel>
      <TradeBar spec={spec} />
    </main>
  );
}

function View({ view, spec }: { view: PhoneView; spec: SymbolSpec }) {
  const setSheet = useOrderForm((form) => form.setSheet);
  const openSheet = () => setSheet(true);
  if (view === "chart") return <Chart className="" spec={spec} />;
  if (view === "book") return <OrderBook spec={spec} onTake={openSheet} />;
  if (view === "trades") return <Tape className="" spec={spec} onTake={openSheet} />;
  return <AccountTabs spec={spec} />;
}

function TradeBar({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation("order");
  const { sheetOpen, setSheet, setSide } = useOrderForm();
  const open = (side: Side) => {
    setSide(side);
    setSheet(true);
  };
  return (
    <>
      <div className={styles.tradeBar}>
        {(["buy", "sell"] as const).map((side) => (
          <button key={side} type="button" data-side={side} data-testid={`open-${side}`} onClick={() => open(side)}>
            {t(side)}
          </button>
        ))}
      </div>
      {sheetOpen && (
        <Dialog title={t("title")} shape="sheet" testId="order-sheet" onClose={() => setSheet(false)}>
          <OrderForm spec={spec} />
        </Dialog>
      )}
    </>
  );
}
