import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./Toasts.module.css";
import { dismissToast, stayMs, useToasts } from "./toast-store";

/** One toast at a time; it waits while the pointer is on it. */
export function Toasts() {
  const { t } = useTranslation();
  const { shown, waiting, turn } = useToasts();
  const [held, setHeld] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: with each turn the time begins anew
  useEffect(() => {
    if (!shown || held) return undefined;
    const timer = setTimeout(dismissToast, stayMs(shown.tone, waiting.length));
    return () => clearTimeout(timer);
  }, [shown, waiting.length, held, turn]);
  return (
    <div className={styles.place} aria-live="polite" data-testid="toasts">
      {shown && (
        // biome-ignore lint/a11y/noStaticElementInteractions: pointing at it only gives time to read
        <div
          className={styles.toast}
          data-tone={shown.tone}
          role={shown.tone === "bad" ? "alert" : "status"}
          onMouseEnter={() => setHeld(true)}
          onMouseLeave={() => setHeld(false)}
        >
          <div>
            <strong>{shown.title}</strong>
            {shown.text && <p>{shown.text}</p>}
          </div>
          <button type="button" aria-label={t("dismiss")} onClick={dismissToast}>
            ×
          </button>
        </div>
      )}
    </div>
  );
}
