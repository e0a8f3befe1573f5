// Entering and changing orders over the socket, where the reply is the real outcome.

import { ApiFailure, type Fill, type Order } from "./api";
import { socket } from "./connection";

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
  min_quantity?: string;
  trigger_price?: string;
  trigger_source?: "last" | "quote";
  trigger_if_met?: "reject" | "trigger";
  trail_offset?: string;
  trail_percent?: string;
  peg?: "primary" | "mid" | "market";
  peg_offset?: string;
  stp?: Order["stp"];
  cancel_on_disconnect?: boolean;
  client_order_id: string;
}

/** What is sent in one step: an order, two of which one is to trade, one that triggers another or two of which one
 * is to trade, or a buy with its two exits. */
export type Ticket =
  | { op: "order.place"; order: NewOrder }
  | { op: "order.oco"; first: NewOrder; second: NewOrder }
  | { op: "order.oto"; working: NewOrder; pending: NewOrder }
  | { op: "order.otoco"; working: NewOrder; first: NewOrder; second: NewOrder }
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
  if (ticket.op === "order.oto") return [ticket.working, ticket.pending];
  if (ticket.op === "order.otoco") return [ticket.working, ticket.first, ticket.second];
  return ticket.op === "order.oco" ? [ticket.first, ticket.second] : [ticket.entry];
}

export interface Outcome {
  order: Order;
  fills: Fill[];
  sequence: number;
}

/** Pauses before an order without an answer is asked for again; the last one repeats. */
const RETRY_MS = [500, 1_500, 4_000, 8_000, 15_000];
/** After this long without an answer a person is told to look. */
const GIVE_UP_MS = 120_000;

const ID_BYTES = 12;

/** An id of our own: with it the same order can be sent again and is never placed twice. (Of the browser's random
 * numbers the only kind that there is without TLS, too.) */
export function newClientOrderId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return `web-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** Place the orders of a ticket; throws ApiFailure. An attempt without an answer may have reached the exchange:
 * from then on no failure is taken for "not sent". It waits for the connection and asks again under the same ids
 * until the exchange says what became of them, and ends with OUTCOME_UNKNOWN when it never does. */
export async function placeTicket({ op, ...rest }: Ticket): Promise<void> {
  const fields = "order" in rest ? { ...rest.order } : rest;
  const giveUpAt = Date.now() + GIVE_UP_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await socket.request(op, fields);
      return;
    } catch (error) {
      if (attempt > 0 && isTakenAlready(error)) return;
      if (attempt === 0 ? !mayHaveArrived(error) : isAnswer(error)) throw error;
      await pause(RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]!);
      const leftMs = giveUpAt - Date.now();
      if (leftMs <= 0 || !(await socket.whenLive(leftMs))) throw new ApiFailure("OUTCOME_UNKNOWN", 504);
    }
  }
}

/** Whether a first attempt may have reached the engine although it failed. */
function mayHaveArrived(error: unknown): boolean {
  return error instanceof ApiFailure && (error.status === 504 || error.status === 500);
}

/** What stands between us and the engine says nothing about an order that it may have. */
const NO_ANSWERS: ReadonlySet<number> = new Set([0, 401, 403, 408, 429]);

/** Whether a later failure is what the engine made of the order. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof ApiFailure)) return true;
  return error.status < 500 && !NO_ANSWERS.has(error.status) && error.code !== "DUPLICATE_ID";
}

/** The engine has the order and no longer remembers what it replied. */
function isTakenAlready(error: unknown): boolean {
  return error instanceof ApiFailure && error.code === "CLIENT_ORDER_ID_IN_USE";
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
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

/** New figures of an order; the quantity is the total. What an order that waits does not name stays. */
export interface OrderChange {
  price?: string;
  quantity: string;
  trigger_price?: string;
}

/** Change an order; it goes to the back of the queue, or waits for another price. */
export function replaceOrder(orderId: string, change: OrderChange): Promise<Outcome> {
  return socket.request("order.replace", { order_id: orderId, ...change });
}

/** Cancel every open order of the account once this time has passed without the call being made again; 0
 * takes it back. */
export function cancelAllAfter(afterMs: number): Promise<{ cancel_at: number | null }> {
  return socket.request("orders.cancel_after", { after_ms: afterMs });
}
