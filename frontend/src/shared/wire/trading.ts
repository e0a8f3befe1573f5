// Entering and changing orders over the socket, where the reply is the real outcome.

import { ApiFailure, type Fill, type Order } from "./api";
import { socket } from "./store";

/** An order as it is sent; numbers are decimals as text. */
export interface NewOrder {
  symbol: string;
  side: Order["side"];
  order_type: Order["order_type"];
  price?: string;
  quantity?: string;
  quote_amount?: string;
  time_in_force?: Order["time_in_force"];
  /** Milliseconds UTC. */
  expire_at?: number;
  post_only?: boolean;
  post_only_mode?: "reject" | "reprice";
  display_quantity?: string;
  trigger_price?: string;
  trigger_source?: "last" | "quote";
  trigger_if_met?: "reject" | "trigger";
  trail_offset?: string;
  trail_percent?: string;
  stp?: Order["stp"];
  cancel_on_disconnect?: boolean;
  client_order_id: string;
}

/** What is sent in one step: an order, two of which one is to trade, or a buy with its two exits. */
export type Ticket =
  | { op: "order.place"; order: NewOrder }
  | { op: "order.oco"; first: NewOrder; second: NewOrder }
  | {
      op: "order.bracket";
      entry: NewOrder;
      take_profit_price: string;
      stop_price: string;
      stop_limit_price?: string;
      trigger_source?: "last" | "quote";
    };

/** The orders of a ticket that will be seen as pending. */
export function ordersOf(ticket: Ticket): readonly NewOrder[] {
  if (ticket.op === "order.place") return [ticket.order];
  return ticket.op === "order.oco" ? [ticket.first, ticket.second] : [ticket.entry];
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

/** Place what a ticket says. A lost reply is asked for again under the same ids; raises ApiFailure. */
export async function placeTicket({ op, ...terms }: Ticket): Promise<void> {
  const fields = "order" in terms ? { ...terms.order } : terms;
  for (const pause of RETRY_MS) {
    try {
      await socket.request(op, fields);
      return;
    } catch (error) {
      if (!(error instanceof ApiFailure) || error.status !== 504) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  await socket.request(op, fields);
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

/** New terms of an order; the quantity is the total. What is not named of an order that waits stays. */
export interface NewTerms {
  price?: string;
  quantity: string;
  trigger_price?: string;
}

/** Give an order new terms; it goes to the back of the queue, or waits for another price. */
export function replaceOrder(orderId: string, terms: NewTerms): Promise<Outcome> {
  return socket.request("order.replace", { order_id: orderId, ...terms });
}

/** Cancel every open order of the account once this time has passed without the call being made again; 0
 * takes it back. */
export function cancelAllAfter(afterMs: number): Promise<{ cancel_at: number | null }> {
  return socket.request("orders.cancel_after", { after_ms: afterMs });
}
