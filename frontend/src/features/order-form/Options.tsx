import { useTranslation } from "react-i18next";
import { useSettings } from "@/shared/settings/settings";
import type { TimeInForce } from "./check";
import { type SelfTradePrevention, useOrderForm } from "./form-store";
import styles from "./OrderForm.module.css";

const TIMES: readonly TimeInForce[] = ["gtc", "ioc", "fok"];
const PREVENTIONS: readonly SelfTradePrevention[] = ["cancel_newest", "cancel_oldest", "cancel_both", "decrement"];

/** How long the order lives, whether it may take, and what happens when it meets an own one. */
export function Options() {
  const { t } = useTranslation("order");
  const { kind, timeInForce, postOnly, stp, change } = useOrderForm();
  const { confirmOrders, set } = useSettings();
  return (
    <div className={styles.options}>
      {kind === "limit" && (
        <>
          <select
            aria-label={t("timeInForce")}
            title={t(`timesInForceHelp.${timeInForce}`)}
            value={timeInForce}
            data-testid="order-tif"
            onChange={(event) => {
              const chosen = event.target.value as TimeInForce;
              change({ timeInForce: chosen, postOnly: postOnly && chosen === "gtc" });
            }}
          >
            {TIMES.map((time) => (
              <option key={time} value={time} title={t(`timesInForceHelp.${time}`)}>
                {t(`timesInForce.${time}`)}
              </option>
            ))}
          </select>
          <label title={t("postOnlyHelp")}>
            <input
              type="checkbox"
              checked={postOnly}
              disabled={timeInForce !== "gtc"}
              data-testid="order-post-only"
              onChange={(event) => change({ postOnly: event.target.checked })}
            />
            {t("postOnly")}
          </label>
        </>
      )}
      <details className={styles.more}>
        <summary data-testid="order-more">{t("more")}</summary>
        <div className={styles.moreBox}>
          <label className={styles.stp} title={t("stpHelp")}>
            {t("stp")}
            <select
              value={stp}
              data-testid="order-stp"
              onChange={(event) => change({ stp: event.target.value as SelfTradePrevention })}
            >
              {PREVENTIONS.map((mode) => (
                <option key={mode} value={mode}>
                  {t(`stpModes.${mode}`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <input
              type="checkbox"
              checked={confirmOrders}
              data-testid="order-confirm-option"
              onChange={(event) => set({ confirmOrders: event.target.checked })}
            />
            {t("confirmOption")}
          </label>
          <p>{t("keys")}</p>
        </div>
      </details>
    </div>
  );
}
