import { memo } from "react";
import { useTranslation } from "react-i18next";
import { fixed } from "@/shared/numbers";
import { useDraft } from "@/shared/order-draft/draft-store";
import { Panel } from "@/shared/ui/Panel";
import { Quantity } from "@/shared/ui/Quantity";
import { Time } from "@/shared/ui/Time";
import { useTrades } from "@/shared/wire/market-store";
import type { SymbolTerms, Trade } from "@/shared/wire/types";
import styles from "./Tape.module.css";

const ARROWS = { buy: "▲", sell: "▼" } as const;

/** The newest trades; a click on a price takes it into the form. */
export function Tape({
  className = "",
  terms,
  onTake,
}: {
  className?: string;
  terms: SymbolTerms;
  onTake?: () => void;
}) {
  const { t } = useTranslation("book");
  const trades = useTrades(terms.symbol);
  const takePrice = (event: React.MouseEvent) => {
    const price = (event.target as HTMLElement).closest<HTMLElement>("[data-price]")?.dataset.price;
    if (!price) return;
    useDraft.getState().fillPrice(price);
    onTake?.();
  };
  return (
    <Panel title={t("tape.title")} className={className}>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: prices are typed in the form, and taken by keys from the book */}
      <div
        className={styles.tape}
        data-testid="trades"
        role="region"
        aria-label={t("tape.title")}
        tabIndex={0}
        onClick={takePrice}
      >
        <div className={styles.columns}>
          <span>{t("tape.price", { asset: terms.quote_asset })}</span>
          <span>{t("tape.quantity", { asset: terms.base_asset })}</span>
          <span>{t("tape.time")}</span>
        </div>
        {trades.length === 0 && <div className={styles.none}>{t("tape.none")}</div>}
        {trades.map((trade, place) => (
          <Row
            // biome-ignore lint/suspicious/noArrayIndexKey: rows that keep their places are far less work
            key={place}
            trade={trade}
            priceScale={terms.price_scale}
            quantityScale={terms.quantity_scale}
          />
        ))}
      </div>
    </Panel>
  );
}

interface RowProps {
  trade: Trade;
  priceScale: number;
  quantityScale: number;
}

const Row = memo(function Row({ trade, priceScale, quantityScale }: RowProps) {
  const colour = trade.side === "buy" ? "rise" : trade.side === "sell" ? "fall" : "";
  return (
    <div className={styles.row} data-id={trade.execution_id} data-price={trade.price}>
      <span className={colour}>
        <i>{trade.side ? ARROWS[trade.side] : ""}</i> {fixed(trade.price, priceScale)}
      </span>
      <span>
        <Quantity text={trade.quantity} scale={quantityScale} />
      </span>
      <Time at={trade.timestamp} as="clock" />
    </div>
  );
});
