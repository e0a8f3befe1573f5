import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useDisplayName, useLanguage } from "@/shared/i18n";
import { abbreviated, fixed } from "@/shared/numbers";
import { useSettings } from "@/shared/settings/settings";
import { Change } from "@/shared/ui/Change";
import { Popover } from "@/shared/ui/Popover";
import { useStatistics } from "@/shared/wire/store";
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
            <strong>{symbol ?? t("selectMarket")}</strong>{" "}
            {symbol && <small>{displayName(symbol)}</small>}
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
  const shown = found(listed, text, favourites).filter(
    ({ spec }) => !onlyFavourites || favourites.includes(spec.symbol),
  );
  const [chosen, setChosen] = useState(0);
  const active = Math.min(chosen, shown.length - 1);
  const go = (market: Listed | undefined) => {
    if (!market) return;
    void navigate(`/trade/${market.spec.symbol}`);
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
        <input
          autoFocus
          type="search"
          role="combobox"
          aria-expanded
          aria-controls="markets-found"
          aria-activedescendant={shown[active] ? optionId(shown[active]) : undefined}
          aria-label={t("search")}
          placeholder={t("search")}
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <button type="button" aria-pressed={onlyFavourites} onClick={() => setOnlyFavourites(!onlyFavourites)}>
          ★ {t("favourites")}
        </button>
      </div>
      <div role="listbox" id="markets-found" aria-label={t("markets")} className={styles.list}>
        {shown.map((market, index) => (
          <Market
            key={market.spec.symbol}
            market={market}
            isActive={index === active}
            isSelected={market.spec.symbol === selected}
            onChoose={() => go(market)}
          />
        ))}
      </div>
      {shown.length === 0 && <p className={styles.none}>{t(onlyFavourites && text === "" ? "noFavourites" : "nothingFound")}</p>}
    </div>
  );
}

function useListed(): Listed[] {
  const symbols = useSymbols();
  const displayName = useDisplayName();
  const names = useMemo(() => symbols?.map((spec) => spec.symbol) ?? [], [symbols]);
  const statistics = useStatistics(names);
  return (symbols ?? []).map((spec) => ({
    spec,
    name: displayName(spec.symbol),
    statistics: statistics.get(spec.symbol),
  }));
}

interface MarketProps {
  market: Listed;
  isActive: boolean;
  isSelected: boolean;
  onChoose: () => void;
}

function Market({ market, isActive, isSelected, onChoose }: MarketProps) {
  const { spec, name, statistics } = market;
  const { t } = useTranslation("header");
  const language = useLanguage();
  const { favourites, toggleFavourite } = useSettings();
  const isFavourite = favourites.includes(spec.symbol);
  return (
    <div className={styles.row} data-active={isActive}>
      <button
        type="button"
        className={styles.star}
        tabIndex={-1}
        aria-pressed={isFavourite}
        aria-label={t(isFavourite ? "unstar" : "star", { symbol: spec.symbol })}
        onClick={() => toggleFavourite(spec.symbol)}
      >
        {isFavourite ? "★" : "☆"}
      </button>
      <div
        role="option"
        id={optionId(market)}
        aria-selected={isSelected}
        className={styles.option}
        data-testid={`market-${spec.symbol}`}
        onClick={onChoose}
      >
        <span>
          <strong>{spec.symbol}</strong>
          <small>{name}</small>
        </span>
        <span>{statistics?.last_price ? fixed(statistics.last_price, spec.price_scale) : "–"}</span>
        <span>
          <Change statistics={statistics} />
        </span>
        <small>
          {statistics ? abbreviated(statistics.quote_volume_24h, language) : "–"} {spec.quote_asset}
        </small>
      </div>
    </div>
  );
}

function optionId(market: Listed): string {
  return `market-option-${market.spec.symbol}`;
}
