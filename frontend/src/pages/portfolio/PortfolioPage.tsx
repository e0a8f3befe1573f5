import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { Allocation } from "@/features/portfolio/Allocation";
import { byMethod, METHODS, type Method } from "@/features/portfolio/cost-method";
import { Holdings } from "@/features/portfolio/Holdings";
import { useCostMethod } from "@/features/portfolio/method-store";
import { PerformanceFigures } from "@/features/portfolio/PerformanceFigures";
import { PortfolioSummary } from "@/features/portfolio/PortfolioSummary";
import { Rates } from "@/features/portfolio/Rates";
import type { CurrencyPortfolio } from "@/features/portfolio/revalue";
import { TaxReport } from "@/features/portfolio/TaxReport";
import { RANGES, type Range, usePortfolio } from "@/features/portfolio/use-portfolio";
import { ValueChart } from "@/features/portfolio/ValueChart";
import { SolvencyPanel } from "@/features/solvency/SolvencyPanel";
import { failureOf, useErrorText } from "@/shared/errors";
import { useAssetDecimals, useAssets } from "@/shared/market/assets";
import { OwnPage } from "@/shared/ui/OwnPage";
import { Panel } from "@/shared/ui/Panel";
import { useConnection } from "@/shared/wire/connection";
import { useNamedAccounts } from "@/shared/wire/own-accounts";
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
        <SolvencyPanel className={styles.solvency ?? ""} />
      </main>
    </OwnPage>
  );
}

/** The portfolio of the tab's account, or of all accounts. */
function Portfolio() {
  const [isOverAll, setOverAll] = useState(false);
  const hasChoice = useNamedAccounts().length > 1;
  const accounts = hasChoice && <Accounts isOverAll={isOverAll} onChoose={setOverAll} />;
  return <Parts key={String(isOverAll)} isOverAll={isOverAll} accounts={accounts} />;
}

function Parts({ isOverAll, accounts }: { isOverAll: boolean; accounts: React.ReactNode }) {
  const { t } = useTranslation("portfolio");
  const [range, setRange] = useState<Range>("1w");
  const { method } = useCostMethod();
  const [search] = useSearchParams();
  const converted = search.get("in");
  const { parts, first, error, isPending } = usePortfolio(range, converted, isOverAll);
  const { state } = useConnection();
  const decimals = useAssetDecimals();
  const asked = converted ?? search.get("currency");
  const found =
    parts.find(({ currency }) => currency === asked) ??
    parts.find(({ currency }) => currency === first) ??
    parts[0];
  if (!found) {
    return (
      <Nothing error={error} isPending={isPending} isConverted={converted !== null} accounts={accounts} />
    );
  }
  const part = byMethod(found, method);
  const stale = state === "reconnecting";
  const money = decimals(part.currency);
  return (
    <>
      <Head part={part} currencies={parts.map(({ currency }) => currency)} accounts={accounts} />
      <Panel
        className={styles.chart ?? ""}
        title={t("valueOverTime")}
        stale={stale}
        controls={<Ranges chosen={range} onChoose={setRange} />}
      >
        <div className={styles.performance}>
          <PerformanceFigures part={part} decimals={money} />
          <ValueChart points={part.history} currency={part.currency} decimals={money} />
        </div>
      </Panel>
      <Panel className={styles.allocation ?? ""} title={t("allocation")} stale={stale}>
        <Allocation part={part} decimals={money} />
      </Panel>
      <Panel className={styles.holdings ?? ""} title={t("holdings")} stale={stale}>
        <Holdings part={part} method={method} loading={isPending} />
      </Panel>
      <TaxReport className={styles.tax ?? ""} method={method} />
    </>
  );
}

interface NothingProps {
  error: unknown;
  isPending: boolean;
  isConverted: boolean;
  accounts: React.ReactNode;
}

/** In place of a portfolio: why there is none. */
function Nothing({ error, isPending, isConverted, accounts }: NothingProps) {
  const { t } = useTranslation("portfolio");
  const errorText = useErrorText();
  const text = error ? errorText(failureOf(error).code) : isPending ? t("loading") : t("nothingYet");
  return (
    <div className={styles.nothing}>
      <p>{text}</p>
      {!error && !isPending && <Link to="/wallet">{t("toWallet")}</Link>}
      {Boolean(error) && isConverted && (
        <Link to="/portfolio" replace>
          {t("eachInItsOwn")}
        </Link>
      )}
      {accounts}
    </div>
  );
}

interface HeadProps {
  part: CurrencyPortfolio;
  currencies: readonly string[];
  accounts: React.ReactNode;
}

/** The sums, and how they are made: of which accounts, by which method, in which currency, at which rates. */
function Head({ part, currencies, accounts }: HeadProps) {
  const { t } = useTranslation("portfolio");
  const { method, setMethod } = useCostMethod();
  const [search, setSearch] = useSearchParams();
  const decimals = useAssetDecimals();
  return (
    <section className={styles.head} aria-label={t("summary")}>
      <PortfolioSummary part={part} decimals={decimals(part.currency)} />
      <div className={styles.controls}>
        {accounts}
        <Methods chosen={method} onChoose={setMethod} />
        <Conversion
          chosen={search.get("in")}
          onChoose={(currency) => setSearch(currency ? { in: currency } : {}, { replace: true })}
        />
        <Currencies
          all={currencies}
          chosen={part.currency}
          onChoose={(currency) => setSearch({ currency }, { replace: true })}
        />
      </div>
      <Rates rates={part.rates} currency={part.currency} />
    </section>
  );
}

function Methods({ chosen, onChoose }: { chosen: Method; onChoose: (method: Method) => void }) {
  const { t } = useTranslation("portfolio");
  return (
    <div className={styles.choices} role="group" aria-label={t("method")}>
      {METHODS.map((method) => (
        <button
          key={method}
          type="button"
          aria-pressed={method === chosen}
          data-testid={`method-${method}`}
          onClick={() => onChoose(method)}
        >
          {t(`methods.${method}`)}
        </button>
      ))}
    </div>
  );
}

interface ConversionProps {
  chosen: string | null;
  onChoose: (currency: string) => void;
}

/** Each asset in its own currency, or everything in one. */
function Conversion({ chosen, onChoose }: ConversionProps) {
  const { t } = useTranslation("portfolio");
  const assets = useAssets();
  return (
    <select
      className={styles.select}
      aria-label={t("convertTo")}
      value={chosen ?? ""}
      data-testid="convert-to"
      onChange={(event) => onChoose(event.target.value)}
    >
      <option value="">{t("eachInItsOwn")}</option>
      {assets.map((asset) => (
        <option key={asset} value={asset}>
          {t("allIn", { asset })}
        </option>
      ))}
    </select>
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

function Accounts({ isOverAll, onChoose }: { isOverAll: boolean; onChoose: (isOverAll: boolean) => void }) {
  const { t } = useTranslation("portfolio");
  return (
    <div className={styles.choices} role="group" aria-label={t("accounts")}>
      {[false, true].map((all) => (
        <button
          key={String(all)}
          type="button"
          aria-pressed={all === isOverAll}
          onClick={() => onChoose(all)}
          data-testid={all ? "portfolio-all" : "portfolio-one"}
        >
          {t(all ? "allAccounts" : "thisAccount")}
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
        <button
          key={currency}
          type="button"
          aria-pressed={currency === chosen}
          onClick={() => onChoose(currency)}
        >
          {currency}
        </button>
      ))}
    </div>
  );
}
