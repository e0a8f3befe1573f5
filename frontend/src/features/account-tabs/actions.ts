// Cancels and changes of open orders: marked while they run, reported when the exchange refuses.

import i18next from "i18next";
import { showFailure } from "@/shared/ui/failure-toast";
import { whileChanging } from "@/shared/wire/pending";
import { cancelAllOrders, cancelOrder, reduceOrder, replaceOrder } from "@/shared/wire/trading";
import type { Amendment } from "./amend";

export function cancel(orderId: string): Promise<boolean> {
  return reported(() => whileChanging([orderId], () => cancelOrder(orderId)));
}

/** Cancel every open order, of one market or of all. */
export function cancelAll(orderIds: readonly string[], symbol: string | undefined): Promise<boolean> {
  return reported(() => whileChanging(orderIds, () => cancelAllOrders(symbol)));
}

export function amend(orderId: string, amendment: Amendment): Promise<boolean> {
  if (amendment.kind === "none") return Promise.resolve(true);
  return reported(() =>
    whileChanging([orderId], () =>
      amendment.kind === "reduce"
        ? reduceOrder(orderId, amendment.quantity)
        : replaceOrder(orderId, amendment.change),
    ),
  );
}

/** Run a change; false (and a toast with the reason) if it was refused. */
async function reported(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    showFailure(i18next.t("toasts.refused", { ns: "orders" }), error);
    return false;
  }
}
