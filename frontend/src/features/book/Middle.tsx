import { useTranslation } from "react-i18next";
import { isAuction } from "@/shared/market/market-status";
import { fixed, fromUnits, grouped, toUnits } from "@/shared/numbers";
import { useDraft } from "@/shared/order-draft/draft-store";
import { type LiveBook, useTrades } from "@/shared/wire/market-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";

const ARROWS = { buy: "▲", sell: "▼" } as const;

interface MiddleProps {
  book: LiveBook;
  terms: SymbolTerms;
  tick: bigint;
  onTake: (() => void) | undefined;
}

/** Between the sides: the last price with who took it, the middle, and the spread. */
export function Middle({ book, terms, tick, onTake }: MiddleProps) {
  const { t } = useTranslation("book");
  const last = useTrades(terms.symbol)[0];
  const fillPrice = useDraft((form) => form.fillPrice);
  const around = aroundOf(book, terms, tick);
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
          {last?.side ? ARROWS[last.side] : ""} {last ? fixed(last.price, terms.price_scale) : "–"}
        </strong>
      </button>
      {isAuction(terms.status) ? (
        <span data-testid="book-crossed">{t(isCrossed(book, terms) ? "crossed" : "gathering")}</span>
      ) : (
        <span title={around ? t("middle", { price: around.middle }) : undefined}>
          {t("spread")} <b>{around ? around.spread : "–"}</b>
          {around && (
            <small>
              {" "}
              {t("ticks", { count: Number(around.ticks), ticks: grouped(String(around.ticks)) })}
            </small>
          )}
        </span>
      )}
    </div>
  );
}

/** Whether the best bid is at or above the best ask: only while orders gather for an auction. */
function isCrossed(book: LiveBook, terms: SymbolTerms): boolean {
  const [ask, bid] = [book.asks[0]?.[0], book.bids[0]?.[0]];
  return (
    ask !== undefined &&
    bid !== undefined &&
    toUnits(bid, terms.price_scale) >= toUnits(ask, terms.price_scale)
  );
}

/** Spread and middle, exact; null with one side empty. */
function aroundOf(book: LiveBook, terms: SymbolTerms, tick: bigint) {
  const [ask, bid] = [book.asks[0]?.[0], book.bids[0]?.[0]];
  if (!ask || !bid) return null;
  const [high, low] = [toUnits(ask, terms.price_scale), toUnits(bid, terms.price_scale)];
  const text = (units: bigint, scale: number) => grouped(fromUnits(units, scale));
  return {
    spread: text(high - low, terms.price_scale),
    ticks: (high - low) / tick,
    // Half a unit needs one more decimal.
    middle: text((high + low) * 5n, terms.price_scale + 1),
  };
}
