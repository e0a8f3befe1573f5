import { useWords } from "@/shared/i18n";
import { fixed } from "@/shared/numbers";
import { Panel } from "@/shared/ui/Panel";
import { Quantity } from "@/shared/ui/Quantity";
import { useTrades } from "@/shared/wire/store";
import type { Execution, SymbolSpec } from "@/shared/wire/types";
import styles from "./Tape.module.css";

export function Tape({ className, spec }: { className: string; spec: SymbolSpec }) {
  const words = useWords();
  const trades = useTrades(spec.symbol);
  return (
    <Panel title={words.trades} className={className}>
      <div className={styles.tape} data-testid="trades">
        <div className={styles.columns}>
          <span>{words.price}</span>
          <span>{words.quantity}</span>
          <span>{words.time}</span>
        </div>
        {trades.length === 0 && <div className={styles.none}>{words.noTrades}</div>}
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
