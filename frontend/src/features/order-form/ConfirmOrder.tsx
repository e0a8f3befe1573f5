import { useTranslation } from "react-i18next";
import { grouped } from "@/shared/numbers";
import { useSettings } from "@/shared/settings/settings";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import buttons from "@/shared/ui/Button.module.css";
import type { NewOrder } from "@/shared/wire/trading";
import type { SymbolSpec } from "@/shared/wire/types";
import styles from "./OrderForm.module.css";
import { Summary } from "./Summary";
import type { FormReading } from "./use-reading";

interface ConfirmOrderProps {
  order: NewOrder;
  spec: SymbolSpec;
  formReading: FormReading;
  onSend: (order: NewOrder) => void;
  onClose: () => void;
}

/** Asks once more before an order goes out. */
export function ConfirmOrder({ order, spec, formReading, onSend, onClose }: ConfirmOrderProps) {
  const { t } = useTranslation("order");
  const set = useSettings((settings) => settings.set);
  const what =
    order.quote_amount !== undefined
      ? `${grouped(order.quote_amount)} ${spec.quote_asset}`
      : `${grouped(order.quantity ?? "")} ${spec.base_asset}`;
  const price = order.price === undefined ? t("atMarket") : `${grouped(order.price)} ${spec.quote_asset}`;
  return (
    <Dialog title={t("confirmTitle", { symbol: order.symbol })} onClose={onClose} testId="order-confirm">
      <dl className={styles.summary}>
        <div>
          <dt>{t("side")}</dt>
          <dd className={order.side === "buy" ? "rise" : "fall"}>{`${t(order.side)} · ${t(order.order_type)}`}</dd>
        </div>
        <div>
          <dt>{t(order.quote_amount === undefined ? "quantity" : "spend")}</dt>
          <dd>{what}</dd>
        </div>
        <div>
          <dt>{t("price")}</dt>
          <dd>{price}</dd>
        </div>
      </dl>
      <Summary spec={spec} formReading={formReading} />
      <label className={styles.again}>
        <input type="checkbox" onChange={(event) => set({ confirmOrders: !event.target.checked })} />
        {t("confirmNoMore")}
      </label>
      <DialogActions>
        <button type="button" className={buttons.button} onClick={onClose}>
          {t("back")}
        </button>
        <button
          type="button"
          data-first-focus
          className={styles.send}
          data-side={order.side}
          data-testid="order-confirm-send"
          onClick={() => onSend(order)}
        >
          {t(order.side)}
        </button>
      </DialogActions>
    </Dialog>
  );
}
