import { useTranslation } from "react-i18next";
import { baseToQuantity, ratePercent } from "@/shared/market/amounts";
import { fixed, fromUnits, grouped, trimZeros } from "@/shared/numbers";
import { isAtMarket, type Side } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./OrderSummary.module.css";
import { type Circumstances, takes } from "./order-rules";
import type { Reading } from "./read-draft";
import { type FormReading, useFunds } from "./use-reading";

/** What can be spent (to buy) or sold, and the other asset beside it. */
export function Available({ terms, side }: { terms: SymbolTerms; side: Side }) {
  const { t } = useTranslation("order");
  const funds = useFunds(terms);
  const quote = funds.quote === null ? "–" : money(funds.quote, terms);
  const base = funds.base === null ? "–" : grouped(trimZeros(fromUnits(funds.base, terms.base_scale)));
  return (
    <div className={styles.available}>
      <span>{t("available")}</span>
      <span data-testid="order-available">
        {side === "buy" ? `${quote} ${terms.quote_asset}` : `${base} ${terms.base_asset}`}
      </span>
    </div>
  );
}

/** Fee, total and what is left after the order. */
export function OrderSummary({ terms, formReading }: { terms: SymbolTerms; formReading: FormReading }) {
  const { t } = useTranslation("order");
  const form = useDraft();
  const { side } = form;
  const { around, reading } = formReading;
  const { total, fee, rate } = reading;
  const sum = total === null || fee === null ? null : side === "buy" ? total + fee : total - fee;
  const about = isAtMarket(form) && sum !== null ? "≈ " : "";
  const role = t(takes(form, reading.price, around) ? "taker" : "maker");
  return (
    <dl className={styles.summary}>
      <div>
        <dt>
          {t("fee")} <small>{`${ratePercent(rate)}% ${role}`}</small>
        </dt>
        <dd data-testid="order-fee">
          {fee === null ? "–" : `${about}${feeMoney(fee, terms)} ${terms.quote_asset}`}
        </dd>
      </div>
      <div>
        <dt>{t(side === "buy" ? "totalBuy" : "totalSell")}</dt>
        <dd data-testid="order-total">
          {sum === null ? "–" : `${about}${money(sum, terms, side === "buy")} ${terms.quote_asset}`}
        </dd>
      </div>
      <div>
        <dt>{t("after")}</dt>
        <dd data-testid="order-after">{after(side, reading, around)}</dd>
      </div>
    </dl>
  );
}

/** Available once the order stands: less what it holds. */
function after(side: Side, { hold }: Reading, { terms, available }: Circumstances): string {
  if (available === null || hold === null) return "–";
  const left = (side === "sell" ? baseToQuantity(terms, available) : available) - hold;
  if (left < 0n) return "–";
  if (side === "buy") return `${money(left, terms)} ${terms.quote_asset}`;
  return `${grouped(trimZeros(fromUnits(left, terms.quantity_scale)))} ${terms.base_asset}`;
}

/** An amount of the quote asset with as many decimals as prices have; costs are rounded up. */
function money(units: bigint, terms: SymbolTerms, up = false): string {
  const unit = 10n ** BigInt(terms.quote_scale - terms.price_scale);
  const rounded = up ? ((units + unit - 1n) / unit) * unit : units;
  return fixed(fromUnits(rounded, terms.quote_scale), terms.price_scale);
}

/** Fees are small: two more decimals. */
function feeMoney(units: bigint, terms: SymbolTerms): string {
  return fixed(fromUnits(units, terms.quote_scale), Math.min(terms.price_scale + 2, terms.quote_scale));
}
