import { useTranslation } from "react-i18next";
import { useLanguage, useDisplayName } from "@/shared/i18n";
import { abbreviated, fixed } from "@/shared/numbers";
import { Change } from "@/shared/ui/Change";
import { Panel } from "@/shared/ui/Panel";
import type { Statistics, SymbolSpec } from "@/shared/wire/types";
import styles from "./MarketList.module.css";

interface MarketListProps {
  className: string;
  symbols: SymbolSpec[];
  statistics: ReadonlyMap<string, Statistics>;
  selected: string;
  onSelect: (symbol: string) => void;
}

export function MarketList({ className, symbols, statistics, selected, onSelect }: MarketListProps) {
  const { t } = useTranslation();
  return (
    <Panel title={t("markets")} className={className}>
      <div className={styles.list} data-testid="markets">
        {symbols.map((spec) => (
          <Market
            key={spec.symbol}
            spec={spec}
            statistics={statistics.get(spec.symbol)}
            isSelected={spec.symbol === selected}
            onSelect={onSelect}
          />
        ))}
      </div>
    </Panel>
  );
}

interface MarketProps {
  spec: SymbolSpec;
  statistics: Statistics | undefined;
  isSelected: boolean;
  onSelect: (symbol: string) => void;
}

function Market({ spec, statistics, isSelected, onSelect }: MarketProps) {
  const language = useLanguage();
  const displayName = useDisplayName();
  const last = statistics?.last_price;
  return (
    <button className={styles.market} aria-pressed={isSelected} onClick={() => onSelect(spec.symbol)}>
      <strong>{spec.symbol}</strong>
      <span>{last ? fixed(last, spec.price_scale) : "–"}</span>
      <small>{displayName(spec.symbol)}</small>
      <small>
        <Change statistics={statistics} />
      </small>
      <small className={styles.value}>
        {statistics ? `${abbreviated(statistics.quote_volume_24h, language)} ${spec.quote_asset}` : ""}
      </small>
    </button>
  );
}
