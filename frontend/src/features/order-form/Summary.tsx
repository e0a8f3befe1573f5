import { useTranslation } from "react-i18next";
import { fixed, fromUnits, grouped, toUnits } from "@/shared/numbers";
import type { SymbolSpec } from "@/shared/wire/types";
import type { Reading } from "./check";
import { hasTrigger, isAtMarket, type Side } from "./draft";
import { useOrderForm } from "./form-store";
import { baseToQuantity } from "./maths";
import { type Circumstances, wouldTake } from "./rules";
import styles from "./OrderForm.module.css";
import { type FormReading, useFunds } from "./use-reading";

/** What can be spent (to buy) or sold, and the other asset beside it. */
export function Available({ spec, side }: { spec: SymbolSpec; side: Side }) {
  const { t } = useTranslation("order");
  const funds = useFunds(spec);
  const quote = funds.quote === null ? "–" : money(funds.quote, spec);
  const base = funds.base === null ? "–" : grouped(trimmed(fromUnits(funds.base, spec.base_scale)));
  return (
    <div className={styles.available}>
      <span>{t("available")}</span>
      <span data-testid="order-available">
        {side === "buy" ? `${quote} ${spec.quote_asset}` : `${base} ${spec.base_asset}`}
      </span>
    </div>
  );
}

/** Fee, total and what is left after the order. */
export function Summary({ spec, formReading }: { spec: SymbolSpec; formReading: FormReading }) {
  const { t } = useTranslation("order");
  const form = useOrderForm();
  const { side } = form;
  const { around, reading } = formReading;
  const { total, fee, rate } = reading;
  const sum = total === null || fee === null ? null : side === "buy" ? total + fee : total - fee;
  const takes = isAtMarket(form) || hasTrigger(form.kind) || wouldTake(side, reading.price, around);
  const about = isAtMarket(form) && sum !== null ? "≈ " : "";
  const role = t(takes ? "taker" : "maker");
  return (
    <dl className={styles.summary}>
      <div>
        <dt>
          {t("fee")} <small>{`${percentOf(rate)}% ${role}`}</small>
        </dt>
        <dd data-testid="order-fee">{fee === null ? "–" : `${about}${feeMoney(fee, spec)} ${spec.quote_asset}`}</dd>
      </div>
      <div>
        <dt>{t(side === "buy" ? "totalBuy" : "totalSell")}</dt>
        <dd data-testid="order-total">{sum === null ? "–" : `${about}${money(sum, spec, side === "buy")} ${spec.quote_asset}`}</dd>
      </div>
      <div>
        <dt>{t("after")}</dt>
        <dd data-testid="order-after">{after(side, reading, around)}</dd>
      </div>
    </dl>
  );
}

/** Available once the order stands: less what it holds. */
function after(side: Side, { hold }: Reading, { spec, available }: Circumstances): string {
  if (available === null || hold === null) return "–";
  const left = (side === "sell" ? baseToQuantity(spec, available) : available) - hold;
  if (left < 0n) return "–";
  if (side === "buy") return `${money(left, spec)} ${spec.quote_asset}`;
  return `${grouped(trimmed(fromUnits(left, spec.quantity_scale)))} ${spec.base_asset}`;
}

/** An amount of the quote asset with as many decimals as prices have; costs are rounded up. */
export function money(units: bigint, spec: SymbolSpec, up = false): string {
  const unit = 10n ** BigInt(spec.quote_scale - spec.price_scale);
  const rounded = up ? ((units + unit - 1n) / unit) * unit : units;
  return fixed(fromUnits(rounded, spec.quote_scale), spec.price_scale);
}

/** Fees are small: two more decimals. */
function feeMoney(units: bigint, spec: SymbolSpec): string {
  return fixed(fromUnits(units, spec.quote_scale), Math.min(spec.price_scale + 2, spec.quote_scale));
}

function trimmed(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** "0.0005" → "0.05". */
export function percentOf(rate: string): string {
  return trimmed(fromUnits(toUnits(rate, 6), 4));
}
