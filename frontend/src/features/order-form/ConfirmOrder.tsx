import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { useDraft } from "@/shared/order-draft/draft-store";
import { useSettings } from "@/shared/settings";
import buttons from "@/shared/ui/Button.module.css";
import { Dialog, DialogActions } from "@/shared/ui/Dialog";
import { ordersOf, type Ticket } from "@/shared/wire/trading";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./ConfirmOrder.module.css";
import { sentencesOf } from "./describe";
import { OrderSummary } from "./OrderSummary";
import type { FormReading } from "./use-reading";

interface ConfirmOrderProps {
  ticket: Ticket;
  terms: SymbolTerms;
  formReading: FormReading;
  onSend: (ticket: Ticket) => void;
  onClose: () => void;
}

/** Says what an order will do, and asks once more before it goes out. */
export function ConfirmOrder({ ticket, terms, formReading, onSend, onClose }: ConfirmOrderProps) {
  const { t } = useTranslation("order");
  const set = useSettings((settings) => settings.set);
  const kind = useDraft((form) => form.kind);
  const language = useLanguage();
  const timeText = (at: number) =>
    new Date(at).toLocaleString(language === "ko" ? "ko-KR" : "en-GB", {
      dateStyle: "medium",
      timeStyle: "short",
      hourCycle: "h23",
    });
  const side = ordersOf(ticket)[0]?.side ?? "buy";
  return (
    <Dialog title={t("confirmTitle", { symbol: terms.symbol })} onClose={onClose} testId="order-confirm">
      <p className={styles.head}>
        <strong className={side === "buy" ? "rise" : "fall"}>{`${t(side)} · ${t(`kinds.${kind}`)}`}</strong>
      </p>
      <ul className={styles.sentences} data-testid="order-says">
        {sentencesOf(ticket, terms, t, timeText).map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <OrderSummary terms={terms} formReading={formReading} />
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
          data-side={side}
          data-testid="order-confirm-send"
          onClick={() => onSend(ticket)}
        >
          {t(side)}
        </button>
      </DialogActions>
    </Dialog>
  );
}
