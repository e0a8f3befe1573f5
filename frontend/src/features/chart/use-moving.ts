import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onTick, parseInput, stepPrice, wire } from "@/features/order-form/maths";
import { failureOf, useErrorText } from "@/shared/errors";
import { toUnits } from "@/shared/numbers";
import { useSettings } from "@/shared/settings/settings";
import { showToast } from "@/shared/ui/toast-store";
import type { Order } from "@/shared/wire/api";
import { cancelOrder, type NewTerms, replaceOrder } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import type { CandleChart } from "./candle-chart";

/** `asking`: moved, and waits for a yes. `pending`: sent, the engine has not answered. */
export type Phase = "idle" | "dragging" | "asking" | "pending";

export interface Moving {
  phase: Phase;
  /** The price it is moved to, as a wire decimal; null while it stands where it is. */
  price: string | null;
  handle: HandleEvents;
  send(): void;
  leave(): void;
  cancel(): void;
}

type HandleEvents = Pick<
  React.ButtonHTMLAttributes<HTMLButtonElement>,
  "onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onKeyDown"
>;

/** Pixels a pointer travels before a press is a drag. */
const SLACK = 3;

/** Moving an own order to another price by pointer or keys. */
export function useMoving(order: Order, spec: SymbolSpec, chart: CandleChart): Moving {
  const { t } = useTranslation("chart");
  const errorText = useErrorText();
  const confirmOrders = useSettings((settings) => settings.confirmOrders);
  const [phase, setPhase] = useState<Phase>("idle");
  const standing = linePrice(order) ?? "0";
  const [price, setPrice] = useState<string | null>(null);
  // Linked orders keep their prices, and an order by amount has no quantity to be replaced with.
  const canMove = !order.linked_order_id && order.quantity !== null;
  const start = useRef<{ y: number; top: number } | null>(null);
  const leave = () => {
    start.current = null;
    setPhase("idle");
    setPrice(null);
  };
  // The engine has answered, or somebody changed the order elsewhere.
  useEffect(leave, [standing, order.quantity]);

  const fail = (title: string, error: unknown) => {
    const { code, details } = failureOf(error);
    showToast({ key: `chart ${order.order_id}`, tone: "bad", title, text: errorText(code, details) });
  };
  const sendTo = (target: string | null) => {
    if (target === null || target === standing || order.quantity === null) return leave();
    setPhase("pending");
    replaceOrder(order.order_id, movedTo(order, target, order.quantity))
      .catch((error: unknown) => fail(t("order.moveFailed"), error))
      .finally(leave);
  };
  const cancel = () => {
    setPhase("pending");
    cancelOrder(order.order_id).catch((error: unknown) => {
      fail(t("order.cancelFailed"), error);
      leave();
    });
  };
  const step = (direction: 1 | -1, count: number) => {
    let units = toUnits(price ?? standing, spec.price_scale);
    for (let done = 0; done < count; done += 1) units = stepPrice(spec, units, direction);
    setPhase("asking");
    setPrice(wire(units, spec.price_scale));
  };

  const handle: HandleEvents = {
    onPointerDown: (event) => {
      if (!canMove || phase === "pending" || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const area = event.currentTarget.parentElement!.parentElement!.getBoundingClientRect();
      start.current = { y: event.clientY, top: area.top };
    },
    onPointerMove: (event) => {
      const from = start.current;
      if (!from || (phase !== "dragging" && Math.abs(event.clientY - from.y) < SLACK)) return;
      setPhase("dragging");
      setPrice(priceAt(chart, event.clientY - from.top, spec) ?? standing);
    },
    onPointerUp: () => {
      start.current = null;
      if (phase !== "dragging") return;
      if (confirmOrders && price !== standing) setPhase("asking");
      else sendTo(price);
    },
    onPointerCancel: leave,
    onKeyDown: (event) => {
      const count = event.shiftKey ? 10 : 1;
      if (canMove && event.key === "ArrowUp") step(1, count);
      else if (canMove && event.key === "ArrowDown") step(-1, count);
      else if (event.key === "Enter" && phase === "asking") sendTo(price);
      else if (event.key === "Escape" && phase !== "pending") leave();
      else if (event.key === "Delete") cancel();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
  return { phase, price, handle, send: () => sendTo(price), leave, cancel };
}

/** Where an own order's line stands: a waiting order's at its trigger; null for none. */
export function linePrice(order: Order): string | null {
  return (order.waiting ? order.trigger_price : order.price) ?? null;
}

function movedTo(order: Order, target: string, quantity: string): NewTerms {
  if (!order.waiting) return { price: target, quantity };
  return { ...(order.price !== null && { price: order.price }), quantity, trigger_price: target };
}

/** The valid price at a height of the chart. A height says a price only to the nearest tick. */
function priceAt(chart: CandleChart, y: number, spec: SymbolSpec): string | null {
  const at = chart.priceAt(y);
  const units = at === null || at <= 0 ? null : parseInput(at.toFixed(spec.price_scale), spec.price_scale);
  if (units === null) return null;
  const lowest = toUnits(spec.min_price, spec.price_scale);
  const highest = toUnits(spec.max_price, spec.price_scale);
  const bounded = units < lowest ? lowest : units > highest ? highest : units;
  return wire(onTick(spec, bounded), spec.price_scale);
}
