import { useMemo } from "react";
import { toUnits } from "@/shared/numbers";
import { useAccount } from "@/shared/wire/account-store";
import type { Balance, Order } from "@/shared/wire/api";
import { type PendingOrder, usePending } from "@/shared/wire/pending";
import { useSymbols } from "@/shared/wire/symbols";
import type { TermsBySymbol } from "./cells";

/** The symbols by name. */
export function useTermsBySymbol(): TermsBySymbol {
  const symbols = useSymbols();
  return useMemo(() => new Map((symbols ?? []).map((terms) => [terms.symbol, terms])), [symbols]);
}

/** Open orders, newest first, behind those that were sent and not answered yet. */
export function useOpenOrders(): readonly Order[] {
  const open = useAccount((account) => account.open);
  const pending = usePending((state) => state.orders);
  return useMemo(() => withPending([...open.values()], [...pending.values()]), [open, pending]);
}

/** Exported for the tests. An order that the feed knows already is no longer pending. Linked orders stand
 * together, where the newer of them would. */
export function withPending(open: readonly Order[], pending: readonly PendingOrder[]): Order[] {
  const known = new Set(open.map((order) => order.client_order_id));
  const sent = pending.filter((order) => !known.has(order.client_order_id)).map(asOrder);
  const isNewer = (a: Order, b: Order) =>
    Number(groupOf(b)) - Number(groupOf(a)) || Number(b.order_id) - Number(a.order_id);
  return [...sent.toReversed(), ...open.toSorted(isNewer)];
}

/** The higher id of an order and the one it is linked with. */
function groupOf({ order_id, linked_order_id }: Order): bigint {
  const [own, other] = [BigInt(order_id), BigInt(linked_order_id ?? "0")];
  return own > other ? own : other;
}

/** A sent order in the shape of an open one; its empty order id marks it. */
function asOrder(order: PendingOrder): Order {
  return {
    order_id: "",
    client_order_id: order.client_order_id,
    symbol: order.symbol,
    side: order.side,
    order_type: order.order_type,
    time_in_force: order.time_in_force ?? "gtc",
    post_only: order.post_only ?? false,
    stp: order.stp ?? "cancel_newest",
    price: order.price ?? null,
    quantity: order.quantity ?? null,
    quote_amount: order.quote_amount ?? null,
    filled_quantity: "0",
    remaining_quantity: order.quantity ?? null,
    filled_amount: "0",
    average_price: null,
    fee: "0",
    fee_asset: "",
    status: "new",
    reason: null,
    created_at: order.sent_at,
    updated_at: order.sent_at,
    waiting: order.trigger_source !== undefined,
    trigger_price: order.trigger_price ?? null,
    trigger_source: order.trigger_source ?? null,
    trail_offset: order.trail_offset ?? null,
    trail_percent: order.trail_percent ?? null,
    display_quantity: order.display_quantity ?? null,
    expire_at: order.expire_at ?? null,
  };
}

/** Balances that are not zero, by asset; of the assets named alone when others are hidden. */
export function useBalances(only: ReadonlySet<string> | null): readonly Balance[] {
  const balances = useAccount((account) => account.balances);
  return useMemo(() => {
    const some = (balance: Balance) => toUnits(balance.available, 18) > 0n || toUnits(balance.held, 18) > 0n;
    return [...balances.values()]
      .filter((balance) => some(balance) && (only === null || only.has(balance.asset)))
      .toSorted((a, b) => (a.asset < b.asset ? -1 : 1));
  }, [balances, only]);
}
