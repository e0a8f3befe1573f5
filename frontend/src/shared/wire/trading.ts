// Entering and changing orders over the socket, where the reply is the real outcome.

import { ApiFailure, type Fill, type Order } from "./api";
import { socket } from "./store";

export interface NewOrder {
  symbol: string;
  side: "buy" | "sell";
  order_type: "limit" | "market";
  price?: string;
  quantity?: string;
  quote_amount?: string;
  time_in_force?: "gtc" | "ioc" | "fok";
  post_only?: boolean;
  stp?: Order["stp"];
  client_order_id: string;
}

export interface Outcome {
  order: Order;
  fills: Fill[];
  sequence: number;
}

/** Pauses before an order without an answer is asked for again. */
const RETRY_MS = [500, 1_500, 4_000];

/** An id of our own: with it the same order can be sent again and is never placed twice. */
export function newClientOrderId(): string {
  return `web-${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
}

/** Place an order. A lost reply is asked for again under the same id; raises ApiFailure. */
export async function placeOrder(order: NewOrder): Promise<Outcome> {
  for (const pause of RETRY_MS) {
    try {
      return await socket.request<Outcome>("order.place", { ...order });
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 504) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return socket.request<Outcome>("order.place", { ...order });
}

export function cancelOrder(orderId: string): Promise<{ order: Order }> {
  return socket.request("order.cancel", { order_id: orderId });
}

export function cancelAllOrders(symbol?: string): Promise<{ canceled: number }> {
  return socket.request("orders.cancel_all", symbol === undefined ? {} : { symbol });
}

/** Lower an order's total quantity; it keeps its place. */
export function reduceOrder(orderId: string, quantity: string): Promise<{ order: Order }> {
  return socket.request("order.reduce", { order_id: orderId, quantity });
}

/** Give an order a new price and total quantity; it goes to the back of the queue. */
export function replaceOrder(orderId: string, price: string, quantity: string): Promise<Outcome> {
  return socket.request("order.replace", { order_id: orderId, price, quantity });
}
