import { createPortal } from "react-dom";
import { useTranslation } from "react-i18next";
import { fixed, fromUnits, grouped } from "@/shared/numbers";
import type { Side, SymbolTerms } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";
import { averageText, type Row, valueText } from "./rows";

interface SweepTipProps {
  row: Row;
  side: Side;
  element: HTMLElement;
  terms: SymbolTerms;
}

/** What taking everything up to the row under the pointer comes to; beside the book. */
export function SweepTip({ row, side, element, terms }: SweepTipProps) {
  const { t } = useTranslation("book");
  const at = element.getBoundingClientRect();
  const lines: [string, string][] = [
    [t("average"), fixed(averageText(row, terms), terms.price_scale)],
    [t("sum", { asset: terms.base_asset }), grouped(fromUnits(row.sum, terms.quantity_scale))],
    [t("sum", { asset: terms.quote_asset }), grouped(valueText(row, terms))],
  ];
  return createPortal(
    <dl
      className={styles.tip}
      data-side={side}
      style={{ right: window.innerWidth - at.left + 6, top: at.top - 22 }}
    >
      {lines.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>,
    document.body,
  );
}
