// The account as its feeds give it: open orders, balances, the newest fills. One store for the page; it
// runs while a user is logged in.

import { create } from "zustand";
import type { Balance, Fill, Order } from "./api";
import { socket } from "./connection";

/** Finished orders and fills kept on show; the tables read the rest from the history. */
const RECENT = 200;
const OPEN = new Set(["new", "partially_filled"]);

export interface AccountState {
  /** False until the first snapshots, and while what is shown may be behind. */
  current: boolean;
  open: ReadonlyMap<string, Order>;
  /** Orders that finished while the page was open, newest first. */
  finished: readonly Order[];
  balances: ReadonlyMap<string, Balance>;
  /** Fills seen while the page was open, newest first. */
  fills: readonly Fill[];
}

const EMPTY: AccountState = { current: false, open: new Map(), finished: [], balances: new Map(), fills: [] };

export const useAccount = create<AccountState>(() => EMPTY);

type Listener<T> = (item: T) => void;
const fillListeners = new Set<Listener<Fill>>();
const orderListeners = new Set<Listener<Order>>();

/** Call the listener with each own fill as it happens; returns what ends it. */
export function onFill(listener: Listener<Fill>): () => void {
  fillListeners.add(listener);
  return () => fillListeners.delete(listener);
}

/** Call the listener with each change of an own order as it happens; returns what ends it. */
export function onOrder(listener: Listener<Order>): () => void {
  orderListeners.add(listener);
  return () => orderListeners.delete(listener);
}

/** Follow the account's feeds; returns what ends it. */
export function followAccount(): () => void {
  const onStale = () => useAccount.setState({ current: false });
  const stops = [
    socket.follow("orders", null, { onMessage: (message) => takeOrders(message as never), onStale }),
    socket.follow("balances", null, { onMessage: (message) => takeBalances(message as never), onStale }),
    socket.follow("fills", null, { onMessage: (message) => takeFills(message as never), onStale }),
  ];
  return () => {
    stops.forEach((stop) => stop());
    useAccount.setState(EMPTY);
  };
}

function takeOrders(message: { type: string; orders?: Order[] } & Order): void {
  if (message.type === "orders_snapshot") {
    const orders = message.orders ?? [];
    useAccount.setState({ current: true, open: new Map(orders.map((order) => [order.order_id, order])) });
    return;
  }
  useAccount.setState((state) => withOrder(state, message));
  for (const listener of orderListeners) listener(message);
}

/** The state after an order changed. Exported for the tests. */
function withOrder(state: AccountState, order: Order): Partial<AccountState> {
  const open = new Map(state.open);
  if (OPEN.has(order.status)) {
    open.set(order.order_id, order);
    return { open };
  }
  open.delete(order.order_id);
  const others = state.finished.filter((other) => other.order_id !== order.order_id);
  return { open, finished: [order, ...others].slice(0, RECENT) };
}

function takeBalances(message: { type: string; balances?: Balance[] } & Balance): void {
  const found = message.type === "balances_snapshot" ? (message.balances ?? []) : [message];
  useAccount.setState((state) => {
    const balances = new Map(message.type === "balances_snapshot" ? [] : state.balances);
    for (const balance of found) balances.set(balance.asset, balance);
    return { balances };
  });
}

function takeFills(message: { type: string } & Fill): void {
  if (message.type !== "fill") return;
  useAccount.setState((state) => ({ fills: [message, ...state.fills].slice(0, RECENT) }));
  for (const listener of fillListeners) listener(message);
}
