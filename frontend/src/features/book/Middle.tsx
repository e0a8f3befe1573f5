import { useTranslation } from "react-i18next";
import { isAuction } from "@/shared/market-status";
import { fixed, fromUnits, grouped, toUnits } from "@/shared/numbers";
import { type LiveBook, useTrades } from "@/shared/wire/store";
import type { SymbolSpec } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";
import { useOrderForm } from "@/features/order-form/form-store";

const ARROWS = { buy: "▲", sell: "▼" } as const;

interface MiddleProps {
  book: LiveBook;
  spec: SymbolSpec;
  tick: bigint;
  onTake: (() => void) | undefined;
}

/** Between the sides: the last price with who took it, the middle, and the spread. */
export function Middle({ book, spec, tick, onTake }: MiddleProps) {
  const { t } = useTranslation("book");
  const last = useTrades(spec.symbol)[0];
  const fillPrice = useOrderForm((form) => form.fillPrice);
  const around = aroundOf(book, spec, tick);
  const take = () => {
    if (!last) return;
    fillPrice(last.price);
    onTake?.();
  };
  const colour = last?.side === "buy" ? "rise" : last?.side === "sell" ? "fall" : "";
  return (
    <div className={styles.middle} data-testid="book-middle">
      <button type="button" disabled={!last} title={t("takePrice")} onClick={take}>
        <span className="visually-hidden">{t("last")}</span>
        <strong key={last?.execution_id} className={`${styles.last} ${colour}`}>
          {last?.side ? ARROWS[last.side] : ""} {last ? fixed(last.price, spec.price_scale) : "–"}
        </strong>
      </button>
      {isAuction(spec.status) ? (
        <span data-testid="book-crossed">{t(isCrossed(book, spec) ? "crossed" : "gathering")}</span>
      ) : (
        <span title={around ? t("middle", { price: around.middle }) : undefined}>
          {t("spread")} <b>{around ? around.spread : "–"}</b>
          {around && <small> {t("ticks", { count: Number(around.ticks), ticks: grouped(String(around.ticks)) })}</small>}
        </span>
      )}
    </div>
  );
}

/** Whether somebody pays more than somebody else asks: only while orders gather for an auction. */
function isCrossed(book: LiveBook, spec: SymbolSpec): boolean {
  const [ask, bid] = [book.asks[0]?.[0], book.bids[0]?.[0]];
  return ask !== undefined && bid !== undefined && toUnits(bid, spec.price_scale) >= toUnits(ask, spec.price_scale);
}

/** Spread and middle, exact; null with one side empty. */
export function aroundOf(book: LiveBook, spec: SymbolSpec, tick: bigint) {
  const [ask, bid] = [book.asks[0]?.[0], book.bids[0]?.[0]];
  if (!ask || !bid) return null;
  const [high, low] = [toUnits(ask, spec.price_scale), toUnits(bid, spec.price_scale)];
  const text = (units: bigint, scale: number) => grouped(fromUnits(units, scale));
  return {
    spread: text(high - low, spec.price_scale),
    ticks: (high - low) / tick,
    // Half a unit needs one more decimal.
    middle: text((high + low) * 5n, spec.price_scale + 1),
  };
}
