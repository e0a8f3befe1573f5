import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { fixed, fromUnits, grouped, toUnits } from "@/shared/numbers";
import { Panel } from "@/shared/ui/Panel";
import { Quantity } from "@/shared/ui/Quantity";
import { type LiveBook, useBook } from "@/shared/wire/store";
import type { Level, Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";
import { accumulate, type Row } from "./rows";

const DEPTH = 15;

interface OrderBookProps {
  className: string;
  spec: SymbolSpec;
  statistics: Statistics | undefined;
}

export function OrderBook({ className, spec, statistics }: OrderBookProps) {
  const { t } = useTranslation();
  const book = useBook(spec.symbol, DEPTH);
  const { asks, bids } = useMemo(() => rowsOf(book, spec.quantity_scale), [book, spec.quantity_scale]);
  return (
    <Panel title={t("orderBook")} className={className} stale={!book.current && book.sequence >= 0}>
      <div className={styles.book} data-testid="book">
        <div className={styles.columns}>
          <span>
            {t("price")} ({spec.quote_asset})
          </span>
          <span>
            {t("quantity")} ({spec.base_asset})
          </span>
          <span>{t("total")}</span>
        </div>
        <div className={`${styles.side} ${styles.asks}`} data-testid="asks">
          <Rows rows={asks} spec={spec} side="sell" />
        </div>
        <Middle book={book} spec={spec} last={statistics?.last_price} />
        <div className={styles.side} data-testid="bids">
          <Rows rows={bids} spec={spec} side="buy" />
        </div>
      </div>
    </Panel>
  );
}

/** Both sides with cumulative sums, their bars on one scale. */
function rowsOf(book: LiveBook, scale: number): { asks: Row[]; bids: Row[] } {
  const deepest = [book.asks, book.bids].map((side) => sumOf(side, scale));
  const most = deepest.reduce((a, b) => (a > b ? a : b), 0n);
  return { asks: accumulate(book.asks, scale, most), bids: accumulate(book.bids, scale, most) };
}

function sumOf(side: readonly Level[], scale: number): bigint {
  return side.reduce((sum, [, quantity]) => sum + toUnits(quantity, scale), 0n);
}

interface RowsProps {
  rows: Row[];
  spec: SymbolSpec;
  side: "buy" | "sell";
}

function Rows({ rows, spec, side }: RowsProps) {
  const { t } = useTranslation();
  if (rows.length === 0) return <div className={styles.none}>{t("noOrders")}</div>;
  return rows.map((row) => (
    <div key={row.price} className={styles.row} data-side={side} style={{ "--share": `${row.sharePercent}%` } as never}>
      <span className={side === "buy" ? "rise" : "fall"}>{fixed(row.price, spec.price_scale)}</span>
      <span>
        <Quantity text={row.quantity} scale={spec.quantity_scale} />
      </span>
      <span className={styles.total}>
        <Quantity text={fromUnits(row.total, spec.quantity_scale)} scale={spec.quantity_scale} />
      </span>
    </div>
  ));
}

function Middle({ book, spec, last }: { book: LiveBook; spec: SymbolSpec; last: string | null | undefined }) {
  const { t } = useTranslation();
  const ask = book.asks[0]?.[0];
  const bid = book.bids[0]?.[0];
  const spread =
    ask && bid ? fromUnits(toUnits(ask, spec.price_scale) - toUnits(bid, spec.price_scale), spec.price_scale) : null;
  return (
    <div className={styles.middle}>
      <strong>{last ? fixed(last, spec.price_scale) : "–"}</strong>
      <span>
        {t("spread")} {spread === null ? "–" : grouped(spread)}
      </span>
    </div>
  );
}
