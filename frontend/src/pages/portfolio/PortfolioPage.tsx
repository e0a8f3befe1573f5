import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { Allocation } from "@/features/portfolio/Allocation";
import { Holdings } from "@/features/portfolio/Holdings";
import { Summary } from "@/features/portfolio/Summary";
import { type Range, RANGES, usePortfolio } from "@/features/portfolio/use-portfolio";
import { ValueChart } from "@/features/portfolio/ValueChart";
import { useAssetDecimals } from "@/shared/assets";
import { failureOf, useErrorText } from "@/shared/errors";
import { OwnPage } from "@/shared/ui/OwnPage";
import { Panel } from "@/shared/ui/Panel";
import { useConnection } from "@/shared/wire/store";
import styles from "./PortfolioPage.module.css";

/** What the account is worth, how it got there, and what each holding has earned. */
export default function PortfolioPage() {
  const { t } = useTranslation("portfolio");
  useEffect(() => {
    document.title = `${t("title")} · xTrader`;
  }, [t]);
  return (
    <OwnPage>
      <main className={styles.page}>
        <h1 className="visually-hidden">{t("title")}</h1>
        <Portfolio />
      </main>
    </OwnPage>
  );
}

function Portfolio() {
  const { t } = useTranslation("portfolio");
  const [range, setRange] = useState<Range>("1w");
  const { parts, error, isPending } = usePortfolio(range);
  const { state } = useConnection();
  const errorText = useErrorText();
  const decimals = useAssetDecimals();
  const [search, setSearch] = useSearchParams();
  const part = parts.find(({ currency }) => currency === search.get("currency")) ?? parts[0];
  if (!part) {
    const said = error ? errorText(failureOf(error).code) : isPending ? t("loading") : t("nothingYet");
    return (
      <div className={styles.nothing}>
        <p>{said}</p>
        {!error && !isPending && <Link to="/wallet">{t("toWallet")}</Link>}
      </div>
    );
  }
  const stale = state === "reconnecting";
  const money = decimals(part.currency);
  return (
    <>
      <section className={styles.head} aria-label={t("summary")}>
        <Summary part={part} decimals={money} />
        <Currencies
          all={parts.map(({ currency }) => currency)}
          chosen={part.currency}
          onChoose={(currency) => setSearch({ currency }, { replace: true })}
        />
      </section>
      <Panel
        className={styles.chart ?? ""}
        title={t("valueOverTime")}
        stale={stale}
        controls={<Ranges chosen={range} onChoose={setRange} />}
      >
        <ValueChart points={part.history} currency={part.currency} decimals={money} />
      </Panel>
      <Panel className={styles.allocation ?? ""} title={t("allocation")} stale={stale}>
        <Allocation part={part} decimals={money} />
      </Panel>
      <Panel className={styles.holdings ?? ""} title={t("holdings")} stale={stale}>
        <Holdings holdings={part.holdings} currency={part.currency} loading={isPending} empty={t("nothingHeld")} />
      </Panel>
    </>
  );
}

function Ranges({ chosen, onChoose }: { chosen: Range; onChoose: (range: Range) => void }) {
  const { t } = useTranslation("portfolio");
  return (
    <div className={styles.choices} role="group" aria-label={t("range")}>
      {RANGES.map((range) => (
        <button key={range} type="button" aria-pressed={range === chosen} onClick={() => onChoose(range)}>
          {t(`ranges.${range}`)}
        </button>
      ))}
    </div>
  );
}

interface CurrenciesProps {
  all: readonly string[];
  chosen: string;
  onChoose: (currency: string) => void;
}

function Currencies({ all, chosen, onChoose }: CurrenciesProps) {
  const { t } = useTranslation("portfolio");
  if (all.length < 2) return null;
  return (
    <div className={styles.choices} role="group" aria-label={t("currency")}>
      {all.map((currency) => (
        <button key={currency} type="button" aria-pressed={currency === chosen} onClick={() => onChoose(currency)}>
          {currency}
        </button>
      ))}
    </div>
  );
}
