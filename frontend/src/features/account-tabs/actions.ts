// Cancels and changes of open orders: marked while they run, and told when the exchange refuses.

import i18next from "i18next";
import { errorText, failureOf } from "@/shared/errors";
import { showToast } from "@/shared/ui/toast-store";
import { whileChanging } from "@/shared/wire/pending";
import { cancelAllOrders, cancelOrder, reduceOrder, replaceOrder } from "@/shared/wire/trading";
import type { Amendment } from "./amend";

export function cancel(orderId: string): Promise<boolean> {
  return told(() => whileChanging([orderId], () => cancelOrder(orderId)));
}

/** Cancel every open order, of one market or of all. */
export function cancelAll(orderIds: readonly string[], symbol: string | undefined): Promise<boolean> {
  return told(() => whileChanging(orderIds, () => cancelAllOrders(symbol)));
}

export function amend(orderId: string, amendment: Amendment): Promise<boolean> {
  if (amendment.kind === "none") return Promise.resolve(true);
  return told(() =>
    whileChanging([orderId], () =>
      amendment.kind === "reduce"
        ? reduceOrder(orderId, amendment.quantity)
        : replaceOrder(orderId, amendment.terms),
    ),
  );
}

/** Run a change; false (and a toast with the reason) if it was refused. */
async function told(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    const { code, details } = failureOf(error);
    const words = i18next.getFixedT(null, "errors") as (key: string, options?: Record<string, unknown>) => string;
    const title = i18next.t("toasts.refused", { ns: "orders" });
    showToast({ key: `refused ${code}`, tone: "bad", title, text: errorText(words, code, details) });
    return false;
  }
}
