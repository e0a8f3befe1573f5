import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { abbreviated, grouped, trimZeros } from "@/shared/numbers";
import buttons from "@/shared/ui/Button.module.css";
import { Panel } from "@/shared/ui/Panel";
import { Time } from "@/shared/ui/Time";
import type { Schemas } from "@/shared/wire/api";
import styles from "./FeeTiers.module.css";
import { useOwnFees } from "./fees-query";
import { percentOf } from "./percent";
import { shareOf } from "./tier-share";

type Fees = Schemas["Fees"];
type Tier = Schemas["FeeTier"];

/** The account's tier, the way to the next one, its own rates, and the schedule. */
export function FeeTiers() {
  const { t } = useTranslation("account");
  const { data } = useOwnFees();
  return (
    <Panel title={t("feeTier")}>
      <div className={styles.body} data-testid="fee-tiers">
        {data && (
          <>
            <Standing fees={data} />
            <Overrides fees={data} />
            <Schedule fees={data} />
          </>
        )}
      </div>
    </Panel>
  );
}

function useTierName(): (tier: number, name: string) => string {
  const { t } = useTranslation("account");
  return (tier, name) => (tier === 0 ? t("baseTier") : name);
}

function Standing({ fees }: { fees: Fees }) {
  const { t } = useTranslation("account");
  const tierName = useTierName();
  const next = fees.next_tier;
  const amount = (text: string) => `${grouped(trimZeros(text))} ${fees.currency}`;
  return (
    <>
      <dl className={styles.facts}>
        <dt>{t("tier")}</dt>
        <dd data-testid="fee-tier">{tierName(fees.tier, fees.tier_name)}</dd>
        <dt>{t("volume30d")}</dt>
        <dd>{amount(fees.volume_30d)}</dd>
        <dt>{t("nextTier")}</dt>
        <dd>{next ? tierName(next.tier, next.name) : t("highestTier")}</dd>
        {next && (
          <>
            <dt>{t("missing")}</dt>
            <dd data-testid="fee-missing">{amount(next.missing)}</dd>
          </>
        )}
      </dl>
      {next && (
        <progress
          className={styles.progress}
          max={100}
          value={shareOf(fees.volume_30d, next.volume)}
          aria-label={t("wayToNext")}
        />
      )}
      <p className={styles.note}>
        {fees.volume_day
          ? t("countedTo", { day: fees.volume_day, hour: fees.schedule.hour })
          : t("notCounted", { hour: fees.schedule.hour })}
      </p>
    </>
  );
}

function Overrides({ fees }: { fees: Fees }) {
  const { t } = useTranslation("account");
  if (fees.overrides.length === 0) return null;
  return (
    <>
      <h3 className={styles.title}>{t("ownRates")}</h3>
      <ul className={styles.overrides} data-testid="fee-overrides">
        {fees.overrides.map((own) => (
          <li key={own.symbol ?? ""}>
            <strong>{own.symbol ?? t("allMarkets")}</strong>
            <span>
              {percentOf(own.maker_fee_rate)} / {percentOf(own.taker_fee_rate)}
            </span>
            <span>
              {own.ends_at === null ? (
                t("noEnd")
              ) : (
                <>
                  {t("endsAt")} <Time at={own.ends_at} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}

function Schedule({ fees }: { fees: Fees }) {
  const { t } = useTranslation("account");
  const markets = fees.schedule.tiers[0]?.rates.map(({ symbol }) => symbol) ?? [];
  const [chosen, setChosen] = useState<string | null>(null);
  const market = chosen ?? markets[0];
  if (!market) return null;
  return (
    <>
      <div className={styles.head}>
        <h3 className={styles.title}>{t("schedule")}</h3>
        <select
          className={buttons.input}
          aria-label={t("market")}
          value={market}
          onChange={({ target }) => setChosen(target.value)}
          data-testid="fee-market"
        >
          {markets.map((symbol) => (
            <option key={symbol}>{symbol}</option>
          ))}
        </select>
      </div>
      <table className={styles.schedule} data-testid="fee-schedule">
        <thead>
          <tr>
            <th scope="col">{t("tier")}</th>
            <th scope="col">{t("leastVolume", { currency: fees.currency })}</th>
            <th scope="col">{t("maker")}</th>
            <th scope="col">{t("taker")}</th>
          </tr>
        </thead>
        <tbody>
          {fees.schedule.tiers.map((tier) => (
            <TierRow key={tier.tier} tier={tier} market={market} isOwn={tier.tier === fees.tier} />
          ))}
        </tbody>
      </table>
    </>
  );
}

function TierRow({ tier, market, isOwn }: { tier: Tier; market: string; isOwn: boolean }) {
  const { t } = useTranslation("account");
  const language = useLanguage();
  const tierName = useTierName();
  const rates = tier.rates.find(({ symbol }) => symbol === market);
  return (
    <tr data-own={isOwn} aria-current={isOwn || undefined}>
      <th scope="row">
        {tierName(tier.tier, tier.name)} {isOwn && <small>{t("yours")}</small>}
      </th>
      <td>{tier.tier === 0 ? "–" : abbreviated(tier.volume, language)}</td>
      <td>{rates ? percentOf(rates.maker_fee_rate) : "–"}</td>
      <td>{rates ? percentOf(rates.taker_fee_rate) : "–"}</td>
    </tr>
  );
}
