import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { CONTINUOUS, isAuction, useStatusText } from "@/shared/market/market-status";
import { fixed, grouped } from "@/shared/numbers";
import { Time } from "@/shared/ui/Time";
import { useIndication } from "@/shared/wire/auction";
import { useConnection } from "@/shared/wire/connection";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./TradePage.module.css";

/** What a trader must know about everything below: the wire is down, the market is stopped. */
export function Banners({ terms }: { terms: SymbolTerms }) {
  return (
    <div className={styles.banners} aria-live="assertive">
      <StaleBanner />
      <VenueBanner />
      <HaltBanner terms={terms} />
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

/** The exchange takes cancels only, or a part of it is away and what it showed stands still. */
function VenueBanner() {
  const { t } = useTranslation();
  const { state, venue } = useConnection();
  if (state !== "live") return null;
  const notices = [
    venue.cancelOnly && "venue.cancelOnly",
    venue.stale.includes("engine") && "venue.engine",
    venue.stale.includes("marketdata") && !venue.stale.includes("engine") && "venue.marketdata",
  ].filter((key) => key !== false);
  return notices.map((key) => (
    <div className={styles.banner} key={key} data-testid="venue-banner">
      {t(key)}
    </div>
  ));
}

function HaltBanner({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation();
  const statusText = useStatusText(terms);
  if (terms.status === CONTINUOUS) return null;
  return (
    <div className={styles.banner} data-testid="halt-banner">
      <strong>{statusText("banner")}</strong>{" "}
      {terms.status_reason && `${t("reason", { reason: terms.status_reason })}. `}
      {statusText("help")}
      {isAuction(terms.status) && <Auction terms={terms} />}
    </div>
  );
}

/** The price and the quantity an auction would trade as the book stands, and when it takes place. */
function Auction({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation();
  const indication = useIndication(terms);
  const left = useSecondsTo(terms.call_ends_at);
  if (!indication) return null;
  const size = (text: string) => `${grouped(text)} ${terms.base_asset}`;
  const { price, quantity, surplus_side, surplus_quantity } = indication;
  return (
    <dl className={styles.auction} data-testid="auction" aria-live="off">
      <div>
        <dt>{t("auction.price")}</dt>
        <dd data-testid="auction-price">
          {price === null ? t("auction.none") : `${fixed(price, terms.price_scale)} ${terms.quote_asset}`}
        </dd>
      </div>
      <div>
        <dt>{t("auction.quantity")}</dt>
        <dd data-testid="auction-quantity">{size(quantity)}</dd>
      </div>
      <div>
        <dt>{t("auction.surplus")}</dt>
        <dd>
          {surplus_side === null
            ? "–"
            : t(surplus_side === "buy" ? "auction.surplusBuy" : "auction.surplusSell", {
                quantity: size(surplus_quantity),
              })}
        </dd>
      </div>
      {left !== null && (
        <div>
          <dt>{t("auction.left")}</dt>
          <dd data-testid="auction-left">{`${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`}</dd>
        </div>
      )}
    </dl>
  );
}

/** Whole seconds to a moment, never below zero; null for no moment. */
function useSecondsTo(at: number | null): number | null {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (at === null) return undefined;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [at]);
  return at === null ? null : Math.max(0, Math.ceil((at - now) / 1_000));
}
