import { useTranslation } from "react-i18next";
import { CONTINUOUS, useStatusText } from "@/shared/market-status";
import { Time } from "@/shared/ui/Time";
import { useConnection } from "@/shared/wire/store";
import type { SymbolSpec } from "@/shared/wire/types";
import styles from "./TradePage.module.css";

/** What a trader must know about everything below: the wire is down, the market is stopped. */
export function Banners({ spec }: { spec: SymbolSpec }) {
  return (
    <div className={styles.banners} aria-live="assertive">
      <StaleBanner />
      <HaltBanner spec={spec} />
    </div>
  );
}

function StaleBanner() {
  const { t } = useTranslation();
  const { state, lastMessageAt } = useConnection();
  if (state !== "reconnecting") return null;
  const [before, behind] = t("stale", { time: "|" }).split("|");
  return (
    <div className={styles.banner} data-testid="stale-banner">
      {lastMessageAt === null ? (
        t("staleFirst")
      ) : (
        <>
          {before}
          <Time at={lastMessageAt} as="clock" />
          {behind}
        </>
      )}
    </div>
  );
}

function HaltBanner({ spec }: { spec: SymbolSpec }) {
  const { t } = useTranslation();
  const statusText = useStatusText(spec);
  if (spec.status === CONTINUOUS) return null;
  return (
    <div className={styles.banner} data-testid="halt-banner">
      <strong>{statusText("banner")}</strong> {spec.status_reason && `${t("reason", { reason: spec.status_reason })}. `}
      {statusText("help")}
    </div>
  );
}
