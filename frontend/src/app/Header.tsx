import { useTranslation } from "react-i18next";
import { Link, NavLink, useParams } from "react-router";
import { MarketSelector } from "@/features/market-selector/MarketSelector";
import { useErrorText } from "@/shared/errors";
import { usePage } from "@/shared/page";
import { Popover } from "@/shared/ui/Popover";
import { useConnection } from "@/shared/wire/connection";
import { useSymbols } from "@/shared/wire/symbols";
import { AccountSwitcher } from "./AccountSwitcher";
import { DisplayMenu } from "./DisplayMenu";
import styles from "./Header.module.css";
import { SymbolRules } from "./SymbolRules";
import { TickerBar } from "./TickerBar";

export function Header() {
  const { t } = useTranslation("header");
  const { symbol } = useParams();
  const terms = useSymbols()?.find((entry) => entry.symbol === symbol);
  return (
    <header className={styles.header}>
      <Link className={styles.mark} to="/" aria-label={t("home")}>
        x<span>Trader</span>
      </Link>
      <MarketSelector symbol={symbol} />
      {terms && <SymbolRules terms={terms} />}
      {terms && <TickerBar terms={terms} />}
      <div className={styles.right}>
        <Connection />
        <Pages />
        <DisplayMenu />
        <AccountSwitcher />
        <Session />
      </div>
    </header>
  );
}

function Pages({ onChoose }: { onChoose?: () => void }) {
  const { t } = useTranslation("header");
  const { t: common } = useTranslation();
  const page = usePage();
  return (
    <nav className={styles.pages} aria-label={t("pages")}>
      <NavLink to="/markets" onClick={onChoose}>
        {common("pages.markets")}
      </NavLink>
      {page.username && (
        <NavLink to="/portfolio" onClick={onChoose}>
          {common("pages.portfolio")}
        </NavLink>
      )}
      {page.username && (
        <NavLink to="/wallet" onClick={onChoose}>
          {common("pages.wallet")}
        </NavLink>
      )}
    </nav>
  );
}

function Connection() {
  const { t } = useTranslation();
  const { t: header } = useTranslation("header");
  const errorText = useErrorText();
  const { state: link, latencyMs, lastMessageAt, refusal } = useConnection();
  const state = link === "live" && refusal !== null ? "partial" : link;
  const since = lastMessageAt ? new Date(lastMessageAt).toLocaleTimeString("en-GB") : "";
  const text = {
    live: t("live"),
    connecting: t("connecting"),
    partial: t("partial"),
    ended: t("ended"),
    reconnecting: `${t("reconnecting")} ${since}`,
  };
  const isLive = state === "live";
  const help = {
    ...text,
    live: latencyMs === null ? text.live : header("latency", { ms: latencyMs }),
    partial: refusal === null ? text.partial : t("partialHelp", { why: errorText(refusal) }),
  };
  return (
    <span
      className={styles.connection}
      data-state={state}
      data-testid="connection"
      role="status"
      title={help[state]}
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
      <>
        <a className={styles.logIn} href="/accounts/login/">
          {t("logIn")}
        </a>
        {page.maySignUp && (
          <a className={styles.signUp} href="/signup">
            {t("signUp")}
          </a>
        )}
      </>
    );
  }
  return (
    <Popover
      label={`${header("account")}: ${page.username}`}
      className={styles.account}
      button={page.username}
      testId="account-menu"
    >
      {(close) => (
        <div className={styles.menu}>
          {/* On a phone the pages are here. */}
          <span className={styles.phonePages}>
            <Pages onChoose={close} />
          </span>
          <NavLink to="/account" onClick={close}>
            {t("pages.account")}
          </NavLink>
          {page.account && (
            <NavLink to="/sub-accounts" onClick={close}>
              {t("pages.subAccounts")}
            </NavLink>
          )}
          {page.account && (
            <NavLink to="/keys" onClick={close}>
              {t("pages.keys")}
            </NavLink>
          )}
          <NavLink to="/security" onClick={close}>
            {t("pages.security")}
          </NavLink>
          <a href="/api/docs">{t("apiDocs")}</a>
          {page.isStaff && <a href="/admin/">{t("admin")}</a>}
          <form method="post" action="/accounts/logout/">
            <input type="hidden" name="csrfmiddlewaretoken" value={page.csrfToken} />
            <button type="submit" data-testid="log-out">
              {t("logOut")}
            </button>
          </form>
        </div>
      )}
    </Popover>
  );
}
