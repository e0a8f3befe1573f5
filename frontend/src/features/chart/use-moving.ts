import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { boundedPrice, onTick, stepPrice } from "@/shared/market/grid";
import { toUnits, wireDecimal } from "@/shared/numbers";
import { useSettings } from "@/shared/settings";
import { parseTyped } from "@/shared/typed-number";
import { showFailure } from "@/shared/ui/failure-toast";
import type { Order } from "@/shared/wire/api";
import { cancelOrder, type OrderChange, replaceOrder } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";
import type { CandleChart } from "./candle-chart";
import { priceDigits } from "./price-series";

/** `asking`: moved, and waits for a yes. `pending`: sent, the engine has not answered. */
type Phase = "idle" | "dragging" | "asking" | "pending";

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
const SLACK_PX = 3;

interface Place {
  phase: Phase;
  price: string | null;
}

const AT_REST: Place = { phase: "idle", price: null };

/** Moving an own order to another price by pointer or keys. */
export function useMoving(order: Order, terms: SymbolTerms, chart: CandleChart): Moving {
  const standing = linePrice(order) ?? "0";
  const [{ phase, price }, setPlace] = useState(AT_REST);
  const leave = useCallback(() => setPlace(AT_REST), []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the engine has answered, or the order changed elsewhere
  useEffect(leave, [leave, standing, order.quantity]);
  const { replace, cancel } = useSending(order, setPlace);
  const sendTo = (target: string | null) => {
    if (target === null || target === standing) leave();
    else replace(target);
  };
  const step = (direction: 1 | -1, count: number) => {
    let units = toUnits(price ?? standing, terms.price_scale);
    for (let done = 0; done < count; done += 1) units = stepPrice(terms, units, direction);
    setPlace({ phase: "asking", price: wireDecimal(units, terms.price_scale) });
  };
  // Linked orders keep their prices, and an order by amount has no quantity to be replaced with.
  const canMove = !order.linked_order_id && order.quantity !== null;
  const onKeyDown = (event: React.KeyboardEvent) => {
    const count = event.shiftKey ? 10 : 1;
    if (canMove && event.key === "ArrowUp") step(1, count);
    else if (canMove && event.key === "ArrowDown") step(-1, count);
    else if (event.key === "Enter" && phase === "asking") sendTo(price);
    else if (event.key === "Escape" && phase !== "pending") leave();
    else if (event.key === "Delete") cancel();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const drag = useDrag({
    mayStart: canMove && phase !== "pending",
    isDragging: phase === "dragging",
    onMove: (y) => setPlace({ phase: "dragging", price: priceAt(chart, y, terms) ?? standing }),
    onDrop: (asks) => {
      if (asks && price !== standing) setPlace({ phase: "asking", price });
      else sendTo(price);
    },
    onCancel: leave,
  });
  return { phase, price, handle: { ...drag, onKeyDown }, send: () => sendTo(price), leave, cancel };
}

/** Sending the order to another price, and canceling it; a toast with the reason where it is refused. */
function useSending(order: Order, setPlace: React.Dispatch<React.SetStateAction<Place>>) {
  const { t } = useTranslation("chart");
  const run = (work: Promise<unknown>, failed: string) => {
    setPlace((place) => ({ ...place, phase: "pending" }));
    return work.catch((error: unknown) => {
      setPlace(AT_REST);
      showFailure(failed, error, `chart ${order.order_id}`);
    });
  };
  const replace = (target: string) => {
    if (order.quantity === null) return setPlace(AT_REST);
    const change = movedTo(order, target, order.quantity);
    void run(replaceOrder(order.order_id, change), t("order.moveFailed")).then(() => setPlace(AT_REST));
  };
  const cancel = () => void run(cancelOrder(order.order_id), t("order.cancelFailed"));
  return { replace, cancel };
}

interface DragOptions {
  mayStart: boolean;
  isDragging: boolean;
  /** `y`: pixels from the top of the chart. */
  onMove: (y: number) => void;
  /** `asks`: the reader wants to be asked before an order is sent. */
  onDrop: (asks: boolean) => void;
  onCancel: () => void;
}

function useDrag({
  mayStart,
  isDragging,
  onMove,
  onDrop,
  onCancel,
}: DragOptions): Omit<HandleEvents, "onKeyDown"> {
  const asks = useSettings((settings) => settings.confirmOrders);
  const start = useRef<{ y: number; top: number } | null>(null);
  useEffect(() => {
    if (!isDragging) start.current = null;
  }, [isDragging]);
  return {
    onPointerDown: (event) => {
      if (!mayStart || event.button !== 0) return;
      event.currentTarget.setPointerCapture(event.pointerId);
      const area = event.currentTarget.parentElement!.parentElement!.getBoundingClientRect();
      start.current = { y: event.clientY, top: area.top };
    },
    onPointerMove: (event) => {
      const from = start.current;
      if (!from || (!isDragging && Math.abs(event.clientY - from.y) < SLACK_PX)) return;
      onMove(event.clientY - from.top);
    },
    onPointerUp: () => {
      start.current = null;
      if (isDragging) onDrop(asks);
    },
    onPointerCancel: () => {
      start.current = null;
      onCancel();
    },
  };
}

/** Where an own order's line stands: a waiting order's at its trigger; null for none. */
export function linePrice(order: Order): string | null {
  return (order.waiting ? order.trigger_price : order.price) ?? null;
}

function movedTo(order: Order, target: string, quantity: string): OrderChange {
  if (!order.waiting) return { price: target, quantity };
  return { ...(order.price !== null && { price: order.price }), quantity, trigger_price: target };
}

/** The valid price at a height of the chart. A height gives a price only to the nearest tick. */
function priceAt(chart: CandleChart, y: number, terms: SymbolTerms): string | null {
  const at = chart.priceAt(y);
  const units =
    at === null || at <= 0 ? null : parseTyped(priceDigits(at, terms.price_scale), terms.price_scale);
  if (units === null) return null;
  return wireDecimal(onTick(terms, boundedPrice(terms, units)), terms.price_scale);
}
