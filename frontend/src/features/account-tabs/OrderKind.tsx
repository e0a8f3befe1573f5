import { grouped } from "@/shared/numbers";
import { Time } from "@/shared/ui/Time";
import type { Order } from "@/shared/wire/api";
import styles from "./AccountTabs.module.css";
import { pegText, priceText, type TermsBySymbol, type Translate } from "./cells";

/** The type and what goes with it, e.g. "Limit · Post only"; linked orders have a mark before it. */
export function OrderKind({
  order,
  termsBySymbol,
  t,
}: {
  order: Order;
  termsBySymbol: TermsBySymbol;
  t: Translate;
}) {
  const link = linkOf(order, t);
  const options = optionsOf(order, termsBySymbol, t);
  return (
    <>
      {link && (
        <small className={styles.link} title={link.title}>
          {link.text}
        </small>
      )}
      {t(`types.${order.order_type}`)}
      {options && <small className={styles.note}> {options}</small>}
      {order.expire_at != null && (
        <small className={styles.note}>
          {" "}
          <Time at={order.expire_at} />
        </small>
      )}
      {order.take_profit_price != null && (
        <small className={styles.note} title={exitsText(order, termsBySymbol, t)}>
          {" "}
          {t("hasExits")}
        </small>
      )}
    </>
  );
}

function linkOf(order: Order, t: Translate): { text: string; title: string } | null {
  if (order.quote_id) return { text: t("quote"), title: t("quoteNamed", { id: order.quote_id }) };
  if (order.pending) return { text: t("pending"), title: t("pendingOf", { id: order.entry_order_id }) };
  if (order.entry_order_id) return { text: t("exit"), title: t("exitOf", { id: order.entry_order_id }) };
  if (order.linked_order_id) return { text: t("oco"), title: t("linkedWith", { id: order.linked_order_id }) };
  return null;
}

function optionsOf(order: Order, termsBySymbol: TermsBySymbol, t: Translate): string | null {
  const parts: string[] = [];
  const peg = pegText(order, termsBySymbol.get(order.symbol), t);
  if (peg !== null) parts.push(peg);
  if (order.display_quantity != null) parts.push(t("shows", { quantity: grouped(order.display_quantity) }));
  if (order.min_quantity != null) parts.push(t("atLeast", { quantity: grouped(order.min_quantity) }));
  if (order.post_only) parts.push(t("postOnly"));
  if (order.time_in_force !== "gtc" && order.order_type !== "market")
    parts.push(t(`times.${order.time_in_force}`));
  return parts.length > 0 ? parts.join(" · ") : null;
}

function exitsText(order: Order, termsBySymbol: TermsBySymbol, t: Translate): string {
  const price = (text: string | null | undefined) => priceText(text ?? null, termsBySymbol.get(order.symbol));
  return t("exitsAt", { profit: price(order.take_profit_price), stop: price(order.stop_price) });
}
