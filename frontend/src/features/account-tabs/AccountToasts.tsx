import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { fixed, grouped } from "@/shared/numbers";
import { showToast } from "@/shared/ui/toast-store";
import { onFill, onOrder } from "@/shared/wire/account-store";
import type { Fill, Order } from "@/shared/wire/api";
import type { SymbolTerms } from "@/shared/wire/types";
import { type TermsBySymbol, type Translate, triggerText } from "./cells";
import { addFill, averagePrice, type FillSum } from "./fill-sum";
import { useTermsBySymbol } from "./use-rows";

/** Fills of one order this close together are one toast. */
const GROUP_MS = 4_000;

/** Says what happens to own orders: fills, grouped by order, and orders that ended unfilled. */
export function AccountToasts() {
  const { t } = useTranslation("orders");
  const termsBySymbol = useTermsBySymbol();
  useEffect(() => followFills(t, termsBySymbol), [t, termsBySymbol]);
  useEffect(() => onOrder((order) => toastOrder(order, t, termsBySymbol)), [t, termsBySymbol]);
  return null;
}

function followFills(t: Translate, termsBySymbol: TermsBySymbol): () => void {
  const sums = new Map<string, FillSum>();
  return onFill((fill) => {
    const terms = termsBySymbol.get(fill.symbol);
    if (!terms) return;
    const before = sums.get(fill.order_id);
    const sum = addFill(before && Date.now() - before.at < GROUP_MS ? before : null, fill, terms, Date.now());
    sums.set(fill.order_id, sum);
    toastFill(fill, sum, terms, t);
  });
}

function toastFill(fill: Fill, sum: FillSum, terms: SymbolTerms, t: Translate): void {
  const values = {
    quantity: `${grouped(sum.quantityText)} ${terms.base_asset}`,
    price: `${fixed(averagePrice(sum, terms), terms.price_scale)} ${terms.quote_asset}`,
    fillCount: sum.count,
  };
  showToast({
    key: `fill ${fill.order_id}`,
    tone: "good",
    title: t(fill.side === "buy" ? "toasts.bought" : "toasts.sold", { symbol: fill.symbol }),
    text: sum.count === 1 ? t("toasts.fill", values) : t("toasts.fills", values),
  });
}

/** A new order that rests, and one that ended by the rules rather than by its owner. */
function toastOrder(order: Order, t: Translate, termsBySymbol: TermsBySymbol): void {
  const side = t(`sides.${order.side}`);
  const quantity = grouped(order.quantity ?? order.quote_amount ?? "");
  if (order.status === "canceled" && order.reason !== null) {
    const reason = t(`reasons.${order.reason}`);
    const text = t("toasts.canceledText", { side, quantity, symbol: order.symbol, reason });
    showToast({
      key: "canceled",
      tone: order.reason === "user" ? "plain" : "bad",
      title: t("toasts.canceled"),
      text,
    });
  }
  if (order.triggered_at != null && order.triggered_at === order.updated_at && order.status !== "canceled") {
    const text = t("toasts.triggeredText", { side, quantity, symbol: order.symbol });
    showToast({ key: `triggered ${order.order_id}`, tone: "plain", title: t("toasts.triggered"), text });
    return;
  }
  if (order.status === "new" && order.created_at === order.updated_at) {
    const terms = termsBySymbol.get(order.symbol);
    const price = order.price && terms ? fixed(order.price, terms.price_scale) : "";
    const condition = triggerText(order, terms, t);
    const values = { side, quantity, symbol: order.symbol };
    const text =
      order.waiting && condition
        ? t("toasts.waiting", { ...values, condition })
        : t("toasts.order", { ...values, price });
    showToast({ key: "placed", tone: "plain", title: t("toasts.placed"), text });
  }
}
