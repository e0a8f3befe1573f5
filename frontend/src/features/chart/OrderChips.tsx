import { useEffect, useMemo, useRef } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped } from "@/shared/numbers";
import { useAccount } from "@/shared/wire/account";
import type { Order } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";
import type { CandleChart } from "./candle-chart";
import styles from "./Chart.module.css";
import { linePrice, type Moving, useMoving } from "./use-moving";

/** Lines are for reading: of more open orders the newest are drawn. */
const MOST = 40;

/** Own open orders on the chart. */
export function OrderChips({ chart, spec }: { chart: CandleChart; spec: SymbolSpec }) {
  const open = useAccount((account) => account.open);
  const orders = useMemo(
    () => [...open.values()].filter((order) => order.symbol === spec.symbol && linePrice(order) !== null).slice(-MOST),
    [open, spec.symbol],
  );
  return (
    <div className={styles.chips}>
      {orders.map((order) => (
        <Chip key={order.order_id} chart={chart} spec={spec} order={order} />
      ))}
    </div>
  );
}

interface ChipProps {
  chart: CandleChart;
  spec: SymbolSpec;
  order: Order;
}

function Chip({ chart, spec, order }: ChipProps) {
  const { t } = useTranslation("chart");
  const element = useRef<HTMLDivElement>(null);
  const moving = useMoving(order, spec, chart);
  const price = moving.price ?? linePrice(order) ?? "0";
  const shown = fixed(price, spec.price_scale);
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
  const size = t(`order.${order.side}`, { quantity: grouped(order.remaining_quantity ?? order.quantity ?? order.quote_amount ?? "") });
  const what = order.waiting ? t("order.waiting", { type: t(`order.types.${order.order_type}`), size }) : size;
  return (
    <div
      ref={element}
      className={styles.chip}
      data-side={order.side}
      data-waits={order.waiting === true}
      data-pending={moving.phase === "pending"}
      data-testid="chart-order"
    >
      <button type="button" className={styles.handle} aria-label={t("order.handle", { what, price: shown })} {...moving.handle}>
        {what}
        {!isIdle && <small>{moving.phase === "pending" ? t("order.pending") : t("order.at", { price: shown })}</small>}
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
