import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped } from "@/shared/numbers";
import { useAccount } from "@/shared/wire/account-store";
import type { Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./Chart.module.css";
import type { CandleChart } from "./candle-chart";
import { linePrice, type Moving, useMoving } from "./use-moving";

/** Lines are for reading: of more open orders the newest are drawn. */
const MOST = 40;

/** Own open orders on the chart. */
export function OrderChips({ chart, terms }: { chart: CandleChart; terms: SymbolTerms }) {
  const open = useAccount((account) => account.open);
  const orders = useMemo(
    () =>
      [...open.values()]
        .filter((order) => order.symbol === terms.symbol && linePrice(order) !== null)
        .slice(-MOST),
    [open, terms.symbol],
  );
  return (
    <div className={styles.chips}>
      {orders.map((order) => (
        <Chip key={order.order_id} chart={chart} terms={terms} order={order} />
      ))}
    </div>
  );
}

interface ChipProps {
  chart: CandleChart;
  terms: SymbolTerms;
  order: Order;
}

function Chip({ chart, terms, order }: ChipProps) {
  const { t } = useTranslation("chart");
  const element = useRef<HTMLDivElement>(null);
  const moving = useMoving(order, terms, chart);
  const price = moving.price ?? linePrice(order) ?? "0";
  const shown = fixed(price, terms.price_scale);
  const isIdle = moving.phase === "idle";
  useEffect(() => {
    if (!element.current) return;
    chart.orders.put(order.order_id, {
      price: Number(price),
      priceText: shown,
      colour: chart.colourOfSide(order.side),
      moving: !isIdle,
      waits: order.waiting === true,
      element: element.current,
    });
  }, [chart, order.order_id, order.side, price, shown, isIdle, order.waiting]);
  useEffect(() => () => chart.orders.take(order.order_id), [chart, order.order_id]);
  const size = t(`order.${order.side}`, {
    quantity: grouped(order.remaining_quantity ?? order.quantity ?? order.quote_amount ?? ""),
  });
  const what = order.waiting
    ? t("order.waiting", { type: t(`order.types.${order.order_type}`), size })
    : size;
  return (
    <div
      ref={element}
      className={styles.chip}
      data-side={order.side}
      data-waits={order.waiting === true}
      data-pending={moving.phase === "pending"}
      data-testid="chart-order"
    >
      <button
        type="button"
        className={styles.handle}
        aria-label={t("order.handle", { what, price: shown })}
        {...moving.handle}
      >
        {what}
        {!isIdle && (
          <small>{moving.phase === "pending" ? t("order.pending") : t("order.at", { price: shown })}</small>
        )}
      </button>
      <Buttons moving={moving} what={what} shown={shown} />
    </div>
  );
}

function Buttons({ moving, what, shown }: { moving: Moving; what: string; shown: string }) {
  const { t } = useTranslation("chart");
  if (moving.phase === "asking") {
    return (
      <>
        <button type="button" className={styles.send} onClick={moving.send}>
          {t("order.move", { price: shown })}
        </button>
        <button type="button" onClick={moving.leave}>
          {t("order.keep")}
        </button>
      </>
    );
  }
  if (moving.phase !== "idle") return null;
  return (
    <button type="button" aria-label={t("order.cancel", { what, price: shown })} onClick={moving.cancel}>
      ×
    </button>
  );
}
