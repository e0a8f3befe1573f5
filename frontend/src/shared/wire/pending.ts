// What was sent and not answered yet: shown at once, marked, and gone when the engine has spoken.

import { create } from "zustand";
import type { NewOrder } from "./trading";

export interface PendingOrder extends NewOrder {
  sent_at: number;
}

interface PendingState {
  /** New orders by client order id. */
  orders: ReadonlyMap<string, PendingOrder>;
  /** Ids of open orders with a cancel or a change on its way. */
  changes: ReadonlySet<string>;
}

export const usePending = create<PendingState>(() => ({ orders: new Map(), changes: new Set() }));

/** Mark orders as sent while `work` runs. */
export async function whilePending<T>(sent: readonly NewOrder[], work: () => Promise<T>): Promise<T> {
  const put = (change: (orders: Map<string, PendingOrder>) => void) =>
    usePending.setState((state) => {
      const orders = new Map(state.orders);
      change(orders);
      return { orders };
    });
  put((orders) =>
    sent.forEach((order) => orders.set(order.client_order_id, { ...order, sent_at: Date.now() })),
  );
  try {
    return await work();
  } finally {
    put((orders) => sent.forEach((order) => orders.delete(order.client_order_id)));
  }
}

/** Mark open orders as changing while `work` runs. */
export async function whileChanging<T>(orderIds: readonly string[], work: () => Promise<T>): Promise<T> {
  const mark = (on: boolean) =>
    usePending.setState((state) => {
      const changes = new Set(state.changes);
      for (const id of orderIds) {
        if (on) changes.add(id);
        else changes.delete(id);
      }
      return { changes };
    });
  mark(true);
  try {
    return await work();
  } finally {
    mark(false);
  }
}
