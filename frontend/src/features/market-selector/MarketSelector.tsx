import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useDisplayName, useLanguage } from "@/shared/i18n";
import { abbreviated, fixed } from "@/shared/numbers";
import { useSettings } from "@/shared/settings";
import { Change } from "@/shared/ui/Change";
import { Popover } from "@/shared/ui/Popover";
import { useTickers } from "@/shared/wire/market-store";
import { useSymbols } from "@/shared/wire/symbols";
import { found, type Listed } from "./find";
import styles from "./MarketSelector.module.css";

/** The market on show; opens the list of all, also by the key "/". */
export function MarketSelector({ symbol }: { symbol: string | undefined }) {
  const { t } = useTranslation("header");
  const displayName = useDisplayName();
  return (
    <Popover
      label={symbol ? `${symbol} ${displayName(symbol)} · ${t("selectMarket")}` : t("selectMarket")}
      className={styles.button}
      testId="market-selector"
      shortcut="/"
      button={
        <>
          <span className={styles.names}>
            <strong>{symbol ?? t("selectMarket")}</strong> {symbol && <small>{displayName(symbol)}</small>}
          </span>
          <i aria-hidden>▾</i>
        </>
      }
    >
      {(close) => <Markets selected={symbol} close={close} />}
    </Popover>
  );
}

function Markets({ selected, close }: { selected: string | undefined; close: () => void }) {
  const { t } = useTranslation("header");
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [onlyFavourites, setOnlyFavourites] = useState(false);
  const favourites = useSettings((settings) => settings.favourites);
  const listed = useListed();
  const isWanted = ({ terms }: Listed) => !onlyFavourites || favourites.includes(terms.symbol);
  const shown = found(listed, text, favourites).filter(isWanted);
  const [chosen, setChosen] = useState(0);
  const active = Math.min(chosen, shown.length - 1);
  const go = (market: Listed | undefined) => {
    if (!market) return;
    void navigate(`/trade/${market.terms.symbol}`);
    close();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === "ArrowDown") setChosen(Math.min(shown.length - 1, active + 1));
    else if (event.key === "ArrowUp") setChosen(Math.max(0, active - 1));
    else if (event.key === "Enter") go(shown[active]);
    else return;
    event.preventDefault();
  };
  return (
    <div className={styles.markets}>
      <div className={styles.search}>
        <Search
          text={text}
          active={shown[active]}
          onText={(typed) => {
            setText(typed);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <FavouritesOnly pressed={onlyFavourites} onPress={setOnlyFavourites} />
      </div>
      <div role="listbox" id="markets-found" aria-label={t("markets")} className={styles.list}>
        {shown.map((market, index) => (
          <Market
            key={market.terms.symbol}
            market={market}
            isActive={index === active}
            isSelected={market.terms.symbol === selected}
            onChoose={() => go(market)}
          />
        ))}
      </div>
      {shown.length === 0 && (
        <p className={styles.none}>{t(onlyFavourites && text === "" ? "noFavourites" : "nothingFound")}</p>
      )}
    </div>
  );
}

function FavouritesOnly({ pressed, onPress }: { pressed: boolean; onPress: (pressed: boolean) => void }) {
  const { t } = useTranslation("header");
  return (
    <button type="button" aria-pressed={pressed} onClick={() => onPress(!pressed)}>
      ★ {t("favourites")}
    </button>
  );
}

interface SearchProps {
  text: string;
  /** The market that Enter chooses. */
  active: Listed | undefined;
  onText: (text: string) => void;
  onKeyDown: (event: React.KeyboardEvent) => void;
}

function Search({ text, active, onText, onKeyDown }: SearchProps) {
  const { t } = useTranslation("header");
  return (
    <input
      data-first-focus
      type="search"
      role="combobox"
      aria-expanded
      aria-controls="markets-found"
      aria-activedescendant={active ? optionId(active) : undefined}
      aria-label={t("search")}
      placeholder={t("search")}
      value={text}
      onChange={(event) => onText(event.target.value)}
      onKeyDown={onKeyDown}
    />
  );
}

function useListed(): Listed[] {
  const symbols = useSymbols();
  const displayName = useDisplayName();
  const names = useMemo(() => symbols?.map((terms) => terms.symbol) ?? [], [symbols]);
  const tickers = useTickers(names);
  return (symbols ?? []).map((terms) => ({
    terms,
    name: displayName(terms.symbol),
    ticker: tickers.get(terms.symbol),
  }));
}

interface MarketProps {
  market: Listed;
  isActive: boolean;
  isSelected: boolean;
  onChoose: () => void;
}

function Market({ market, isActive, isSelected, onChoose }: MarketProps) {
  const { terms, name, ticker } = market;
  const { t } = useTranslation("header");
  const language = useLanguage();
  const { favourites, toggleFavourite } = useSettings();
  const isFavourite = favourites.includes(terms.symbol);
  return (
    <div className={styles.row} data-active={isActive}>
      <button
        type="button"
        className={styles.star}
        tabIndex={-1}
        aria-pressed={isFavourite}
        aria-label={t(isFavourite ? "unstar" : "star", { symbol: terms.symbol })}
        onClick={() => toggleFavourite(terms.symbol)}
      >
        {isFavourite ? "★" : "☆"}
      </button>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: its keys are those of the search field */}
      <div
        role="option"
        id={optionId(market)}
        aria-selected={isSelected}
        className={styles.option}
        data-testid={`market-${terms.symbol}`}
        onClick={onChoose}
      >
        <span>
          <strong>{terms.symbol}</strong>
          <small>{name}</small>
        </span>
        <span>{ticker?.last_price ? fixed(ticker.last_price, terms.price_scale) : "–"}</span>
        <span>
          <Change ticker={ticker} />
        </span>
        <small>
          {ticker ? abbreviated(ticker.quote_volume_24h, language) : "–"} {terms.quote_asset}
        </small>
      </div>
    </div>
  );
}

function optionId(market: Listed): string {
  return `market-option-${market.terms.symbol}`;
}
