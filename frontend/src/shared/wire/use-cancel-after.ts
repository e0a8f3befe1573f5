import { useEffect } from "react";
import { useSettings } from "@/shared/settings";
import { useConnection } from "./connection";
import { cancelAllAfter } from "./trading";

/** Said again this often within the time: two may be lost. */
const RENEWALS = 3;

/** While a person wants it, ask the exchange again and again to cancel everything once this page is silent.
 * Turning it off takes it back; a page that is closed or loses its connection lets it happen. */
export function useCancelAfter(enabled: boolean): void {
  const afterMs = useSettings((settings) => settings.cancelAfterMs);
  const { state } = useConnection();
  const runs = enabled && state === "live" && afterMs > 0;
  useEffect(() => {
    if (!runs) return undefined;
    // A refusal changes nothing here: the next renewal asks again.
    const renew = () => void cancelAllAfter(afterMs).catch(() => undefined);
    renew();
    const timer = setInterval(renew, afterMs / RENEWALS);
    const takenBack = useSettings.subscribe((settings) => {
      if (settings.cancelAfterMs === 0) void cancelAllAfter(0).catch(() => undefined);
    });
    return () => {
      clearInterval(timer);
      takenBack();
    };
  }, [runs, afterMs]);
}
