import { grouped } from "@/shared/numbers";
import { Time } from "@/shared/ui/Time";
import type { Order } from "@/shared/wire/api";
import styles from "./AccountTabs.module.css";
import { priceText, type Specs, type Words } from "./cells";

/** The type and what goes with it, e.g. "Limit · Post only"; linked orders say so before it. */
export function OrderKind({ order, specs, t }: { order: Order; specs: Specs; t: Words }) {
  const link = linkOf(order, t);
  const extra = extraOf(order, t);
  return (
    <>
      {link && (
        <small className={styles.link} title={link.title}>
          {link.word}
        </small>
      )}
      {t(`types.${order.order_type}`)}
      {extra && <small className={styles.extra}> {extra}</small>}
      {order.expire_at != null && (
        <small className={styles.extra}>
          {" "}
          <Time at={order.expire_at} />
        </small>
      )}
      {order.take_profit_price != null && (
        <small className={styles.extra} title={exitsText(order, specs, t)}>
          {" "}
          {t("hasExits")}
        </small>
      )}
    </>
  );
}

function linkOf(order: Order, t: Words): { word: string; title: string } | null {
  if (order.entry_order_id) return { word: t("exit"), title: t("exitOf", { id: order.entry_order_id }) };
  if (order.linked_order_id) return { word: t("oco"), title: t("linkedWith", { id: order.linked_order_id }) };
  return null;
}

function extraOf(order: Order, t: Words): string | null {
  const words: string[] = [];
  if (order.display_quantity != null) words.push(t("shows", { quantity: grouped(order.display_quantity) }));
  if (order.post_only) words.push(t("postOnly"));
  if (order.time_in_force !== "gtc" && order.order_type !== "market") words.push(t(`times.${order.time_in_force}`));
  return words.length > 0 ? words.join(" · ") : null;
}

function exitsText(order: Order, specs: Specs, t: Words): string {
  const price = (text: string | null | undefined) => priceText(text ?? null, specs.get(order.symbol));
  return t("exitsAt", { profit: price(order.take_profit_price), stop: price(order.stop_price) });
}
