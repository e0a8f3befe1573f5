import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped } from "@/shared/numbers";
import { showToast } from "@/shared/ui/toast-store";
import { onFill, onOrder } from "@/shared/wire/account";
import type { Fill, Order } from "@/shared/wire/api";
import type { SymbolSpec } from "@/shared/wire/types";
import { type Specs, triggerText, type Words } from "./cells";
import { addFill, averagePrice, type FillSum } from "./fill-sum";
import { useSpecs } from "./use-rows";

/** Fills of one order this close together are one toast. */
const GROUP_MS = 4_000;

/** Says what happens to own orders: fills, grouped by order, and orders that ended unfilled. */
export function AccountToasts() {
  const { t } = useTranslation("orders");
  const specs = useSpecs();
  useEffect(() => followFills(t, specs), [t, specs]);
  useEffect(() => onOrder((order) => tellOrder(order, t, specs)), [t, specs]);
  return null;
}

function followFills(t: Words, specs: Specs): () => void {
  const sums = new Map<string, FillSum>();
  return onFill((fill) => {
    const spec = specs.get(fill.symbol);
    if (!spec) return;
    const before = sums.get(fill.order_id);
    const sum = addFill(before && Date.now() - before.at < GROUP_MS ? before : null, fill, spec, Date.now());
    sums.set(fill.order_id, sum);
    tellFill(fill, sum, spec, t);
  });
}

function tellFill(fill: Fill, sum: FillSum, spec: SymbolSpec, t: Words): void {
  const words = {
    quantity: `${grouped(sum.quantityText)} ${spec.base_asset}`,
    price: `${fixed(averagePrice(sum, spec), spec.price_scale)} ${spec.quote_asset}`,
    fillCount: sum.count,
  };
  showToast({
    key: `fill ${fill.order_id}`,
    tone: "good",
    title: t(fill.side === "buy" ? "toasts.bought" : "toasts.sold", { symbol: fill.symbol }),
    text: sum.count === 1 ? t("toasts.fill", words) : t("toasts.fills", words),
  });
}

/** A new order that rests, and one that ended by the rules rather than by its owner. */
function tellOrder(order: Order, t: Words, specs: Specs): void {
  const side = t(`sides.${order.side}`);
  const quantity = grouped(order.quantity ?? order.quote_amount ?? "");
  if (order.status === "canceled" && order.reason !== null) {
    const reason = t(`reasons.${order.reason}`);
    const text = t("toasts.canceledText", { side, quantity, symbol: order.symbol, reason });
    showToast({ key: "canceled", tone: order.reason === "user" ? "plain" : "bad", title: t("toasts.canceled"), text });
  }
  if (order.triggered_at != null && order.triggered_at === order.updated_at && order.status !== "canceled") {
    const text = t("toasts.triggeredText", { side, quantity, symbol: order.symbol });
    showToast({ key: `triggered ${order.order_id}`, tone: "plain", title: t("toasts.triggered"), text });
    return;
  }
  if (order.status === "new" && order.created_at === order.updated_at) {
    const spec = specs.get(order.symbol);
    const price = order.price && spec ? fixed(order.price, spec.price_scale) : "";
    const condition = triggerText(order, spec, t);
    const words = { side, quantity, symbol: order.symbol };
    const text = order.waiting && condition ? t("toasts.waiting", { ...words, condition }) : t("toasts.order", { ...words, price });
    showToast({ key: "placed", tone: "plain", title: t("toasts.placed"), text });
  }
}
