import { useTranslation } from "react-i18next";
import { fixed } from "@/shared/numbers";
import { Panel } from "@/shared/ui/Panel";
import { Quantity } from "@/shared/ui/Quantity";
import { useTrades } from "@/shared/wire/store";
import type { Execution, SymbolSpec } from "@/shared/wire/types";
import styles from "./Tape.module.css";

export function Tape({ className, spec }: { className: string; spec: SymbolSpec }) {
  const { t } = useTranslation();
  const trades = useTrades(spec.symbol);
  return (
    <Panel title={t("trades")} className={className}>
      <div className={styles.tape} data-testid="trades">
        <div className={styles.columns}>
          <span>{t("price")}</span>
          <span>{t("quantity")}</span>
          <span>{t("time")}</span>
        </div>
        {trades.length === 0 && <div className={styles.none}>{t("noTrades")}</div>}
        {trades.map((trade) => (
          <Row key={trade.execution_id} trade={trade} spec={spec} />
        ))}
      </div>
    </Panel>
  );
}

function Row({ trade, spec }: { trade: Execution; spec: SymbolSpec }) {
  const colour = trade.side === "buy" ? "rise" : trade.side === "sell" ? "fall" : "";
  return (
    <div className={styles.row} data-id={trade.execution_id}>
      <span className={colour}>
        {trade.side === "buy" ? "▲" : trade.side === "sell" ? "▼" : ""} {fixed(trade.price, spec.price_scale)}
      </span>
      <span>
        <Quantity text={trade.quantity} scale={spec.quantity_scale} />
      </span>
      <time dateTime={new Date(trade.timestamp).toISOString()}>
        {new Date(trade.timestamp).toLocaleTimeString("en-GB")}
      </time>
    </div>
  );
}
