import { useTranslation } from "react-i18next";
import { OrderBook } from "@/features/book/OrderBook";
import { Tape } from "@/features/trades/Tape";
import { PanelTitle } from "@/shared/ui/Panel";
import { Splitter } from "@/shared/ui/Splitter";
import { TabPanel, Tabs } from "@/shared/ui/Tabs";
import type { SymbolTerms } from "@/shared/wire/types";
import { BOOK_VIEWS, FIRST, LIMITS, useLayout } from "./layout-store";
import styles from "./TradePage.module.css";

/** The book above the trades where there is room, else one of them at a time. */
export function BookColumn({ terms, tall }: { terms: SymbolTerms; tall: boolean }) {
  const { t } = useTranslation();
  const { sizes, setSize, bookView, setBookView } = useLayout();
  if (tall) {
    return (
      <div className={styles.stack} style={{ "--trades": `${sizes.trades}px` } as React.CSSProperties}>
        <OrderBook terms={terms} />
        <Splitter
          label={t("layout.tradesHeight")}
          orientation="horizontal"
          size={sizes.trades}
          {...LIMITS.trades}
          onSize={(size) => setSize("trades", size)}
          onReset={() => setSize("trades", FIRST.trades)}
        />
        <Tape className="" terms={terms} />
      </div>
    );
  }
  const items = BOOK_VIEWS.map((id) => ({ id, label: t(`layout.${id}`) }));
  const tabs = (
    <Tabs name="book" label={t("layout.book")} items={items} selected={bookView} onSelect={setBookView} />
  );
  return (
    <TabPanel name="book" selected={bookView} className={styles.only}>
      <PanelTitle value={tabs}>
        {bookView === "book" ? <OrderBook terms={terms} /> : <Tape className="" terms={terms} />}
      </PanelTitle>
    </TabPanel>
  );
}
