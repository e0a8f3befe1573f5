import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { percentOf } from "@/features/account/percent";
import { grouped } from "@/shared/numbers";
import { Popover } from "@/shared/ui/Popover";
import type { SymbolTerms } from "@/shared/wire/types";
import header from "./Header.module.css";
import styles from "./SymbolRules.module.css";

type Translate = TFunction<"rules">;
type Row = readonly [label: string, value: string];

/** What orders of the market on show must be like, and what protects those who trade in it. */
export function SymbolRules({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("rules");
  const title = t("title", { symbol: terms.symbol });
  return (
    <Popover label={title} className={header.icon} testId="symbol-rules" button={<Sheet />}>
      {() => (
        <div className={styles.panel}>
          <h2>{title}</h2>
          <Rows title={t("orders")} rows={orderRows(terms, t)} />
          <Rows title={t("protection")} rows={protectionRows(terms, t)} />
        </div>
      )}
    </Popover>
  );
}

function Rows({ title, rows }: { title: string; rows: readonly Row[] }) {
  return (
    <section>
      <h3>{title}</h3>
      <dl>
        {rows.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function orderRows(terms: SymbolTerms, t: Translate): Row[] {
  const { base_asset: base, quote_asset: quote } = terms;
  return [
    ...terms.tick_bands.map(
      ({ from_price, tick_size }): Row => [
        terms.tick_bands.length > 1 ? t("tickFrom", { price: grouped(from_price) }) : t("tick"),
        `${grouped(tick_size)} ${quote}`,
      ],
    ),
    [t("lot"), `${grouped(terms.lot_size)} ${base}`],
    [t("quantity"), `${grouped(terms.min_quantity)} – ${grouped(terms.max_quantity)} ${base}`],
    [t("least"), `${grouped(terms.min_notional)} ${quote}`],
    [t("fees"), `${percentOf(terms.maker_fee_rate)} / ${percentOf(terms.taker_fee_rate)}`],
  ];
}

/** The protections that are on; those that only say how, where they say something. */
function protectionRows(terms: SymbolTerms, t: Translate): Row[] {
  const percent = (text: string | null) => (text === null ? null : `${text}%`);
  const seconds = (count: number | null) => (count === null ? null : t("seconds", { count }));
  const yes = (isOn: boolean) => (isOn ? t("yes") : null);
  const most = terms.max_notional === null ? null : `${grouped(terms.max_notional)} ${terms.quote_asset}`;
  const rows: [string, string | null][] = [
    [t("most"), most],
    [t("collar"), percent(terms.price_collar_percent)],
    [t("collarRests"), yes(terms.price_collar_rests)],
    [t("band"), percent(terms.price_band_percent)],
    [t("dynamic"), percent(terms.volatility_band_percent)],
    [t("static"), percent(terms.static_band_percent)],
    [t("atEdge"), yes(terms.interrupts_at_band)],
    [t("auction"), seconds(terms.volatility_auction_seconds)],
    [t("randomEnd"), seconds(terms.auction_random_end_seconds)],
    [t("extension"), percent(terms.extension_band_percent)],
    [t("auctionStp"), yes(terms.auction_self_trade_prevention)],
    [t("iceberg"), yes(terms.iceberg_continues)],
    [t("calendar"), terms.calendar],
  ];
  const on = rows.filter((row): row is [string, string] => row[1] !== null);
  return on.length > 0 ? on : [[t("none"), ""]];
}

function Sheet() {
  return (
    <svg
      width="16"
      height="16"
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      aria-hidden
    >
      <rect x="3" y="2" width="10" height="12" rx="1.5" />
      <path d="M5.5 5.5h5M5.5 8h5M5.5 10.5h3" />
    </svg>
  );
}
