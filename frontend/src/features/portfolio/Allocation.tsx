import { useTranslation } from "react-i18next";
import { useAssetName } from "@/shared/market/assets";
import { toUnits } from "@/shared/numbers";
import { Amount } from "@/shared/ui/Amount";
import styles from "./Allocation.module.css";
import { type CurrencyPortfolio, percent } from "./revalue";

const SCALE = 8;

/** How the value is spread over assets, the largest first, cash among them. */
export function Allocation({ part, decimals }: { part: CurrencyPortfolio; decimals: number }) {
  const { t } = useTranslation("portfolio");
  const nameOf = useAssetName();
  const total = toUnits(part.value, SCALE);
  const shares = [
    { asset: part.currency, value: part.cash, share: percent(toUnits(part.cash, SCALE), total) },
    ...part.holdings.map(({ asset, value, share_percent }) => ({
      asset,
      value,
      share: share_percent,
    })),
  ]
    .filter(({ value }) => value === null || /[1-9]/.test(value))
    // What has no known worth comes last.
    .toSorted((a, b) => (toUnits(b.value ?? "-1", SCALE) > toUnits(a.value ?? "-1", SCALE) ? 1 : -1));
  if (shares.length === 0) return <p className={styles.empty}>{t("nothingHeld")}</p>;
  return (
    <div className={styles.allocation} data-testid="allocation">
      <div className={styles.bar} aria-hidden>
        {shares.map(({ asset, share }, index) => (
          <i
            key={asset}
            style={{ flexGrow: Number(share ?? 0), "--shade": shadeOf(index) } as React.CSSProperties}
          />
        ))}
      </div>
      <ul>
        {shares.map(({ asset, value, share }, index) => (
          <li key={asset}>
            <i style={{ "--shade": shadeOf(index) } as React.CSSProperties} aria-hidden />
            <strong>{asset}</strong>
            <small>{nameOf(asset)}</small>
            <span>
              <Amount text={value} decimals={decimals} />
            </span>
            <b>{share === null ? "–" : `${share}%`}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Each asset a weaker shade of the accent; names and figures stand beside them. */
function shadeOf(index: number): string {
  return `${Math.max(20, 100 - index * 26)}%`;
}
