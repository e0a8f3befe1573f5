import { useTranslation } from "react-i18next";
import { Link, NavLink, useParams } from "react-router";
import { MarketSelector } from "@/features/market-selector/MarketSelector";
import { Popover } from "@/shared/ui/Popover";
import { usePage } from "@/shared/page";
import { useConnection } from "@/shared/wire/store";
import { useSymbols } from "@/shared/wire/symbols";
import { DisplayMenu } from "./DisplayMenu";
import styles from "./Header.module.css";
import { Ticker } from "./Ticker";

export function Header() {
  const { t } = useTranslation("header");
  const { symbol } = useParams();
  const spec = useSymbols()?.find((entry) => entry.symbol === symbol);
  return (
    <header className={styles.header}>
      <Link className={styles.mark} to="/" aria-label={t("home")}>
        x<span>Trader</span>
      </Link>
      <MarketSelector symbol={symbol} />
      {spec && <Ticker spec={spec} />}
      <div className={styles.right}>
        <Connection />
        <Pages />
        <DisplayMenu />
        <Session />
      </div>
    </header>
  );
}

function Pages() {
  const { t } = useTranslation("header");
  const { t: common } = useTranslation();
  const page = usePage();
  return (
    <nav className={styles.pages} aria-label={t("pages")}>
      <NavLink to="/markets">{common("pages.markets")}</NavLink>
      {page.username && <NavLink to="/portfolio">{common("pages.portfolio")}</NavLink>}
      {page.username && <NavLink to="/wallet">{common("pages.wallet")}</NavLink>}
    </nav>
  );
}

function Connection() {
  const { t } = useTranslation();
  const { t: header } = useTranslation("header");
  const { state, latencyMs, lastMessageAt } = useConnection();
  const since = lastMessageAt ? new Date(lastMessageAt).toLocaleTimeString("en-GB") : "";
  const text = { live: t("live"), connecting: t("connecting"), reconnecting: `${t("reconnecting")} ${since}` };
  const isLive = state === "live";
  return (
    <span
      className={styles.connection}
      data-state={state}
      data-testid="connection"
      role="status"
      title={isLive && latencyMs !== null ? header("latency", { ms: latencyMs }) : text[state]}
    >
      <i aria-hidden />
      <span className={isLive ? styles.liveText : undefined}>{text[state]}</span>
      {/* A number that changes every few seconds is not read out. */}
      {isLive && latencyMs !== null && <small aria-hidden>{latencyMs} ms</small>}
    </span>
  );
}

function Session() {
  const { t } = useTranslation();
  const { t: header } = useTranslation("header");
  const page = usePage();
  if (!page.username) {
    return (
      <a className={styles.logIn} href="/accounts/login/">
        {t("logIn")}
      </a>
    );
  }
  return (
    <Popover label={`${header("account")}: ${page.username}`} className={styles.account} button={page.username} testId="account-menu">
      {(close) => (
        <div className={styles.menu}>
          {/* On a phone the pages are here. */}
          <span className={styles.phonePages} onClick={close}>
            <Pages />
          </span>
          <NavLink to="/account" onClick={close}>
            {t("pages.account")}
          </NavLink>
          <a href="/api/docs">{t("apiDocs")}</a>
          {page.isStaff && <a href="/admin/">{t("admin")}</a>}
          <form method="post" action="/accounts/logout/">
            <input type="hidden" name="csrfmiddlewaretoken" value={page.csrfToken} />
            <button data-testid="log-out">{t("logOut")}</button>
          </form>
        </div>
      )}
    </Popover>
  );
}
