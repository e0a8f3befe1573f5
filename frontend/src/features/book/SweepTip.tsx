import { useTranslation } from "react-i18next";
import { createPortal } from "react-dom";
import { fixed, fromUnits, grouped } from "@/shared/numbers";
import type { Side, SymbolSpec } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";
import { averageText, type Row, valueText } from "./rows";

interface SweepTipProps {
  row: Row;
  side: Side;
  element: HTMLElement;
  spec: SymbolSpec;
}

/** What taking everything up to the row under the pointer comes to; beside the book. */
export function SweepTip({ row, side, element, spec }: SweepTipProps) {
  const { t } = useTranslation("book");
  const at = element.getBoundingClientRect();
  const lines: [string, string][] = [
    [t("average"), fixed(averageText(row, spec), spec.price_scale)],
    [t("sum", { asset: spec.base_asset }), grouped(fromUnits(row.sum, spec.quantity_scale))],
    [t("sum", { asset: spec.quote_asset }), grouped(valueText(row, spec))],
  ];
  return createPortal(
    <dl className={styles.tip} data-side={side} style={{ right: window.innerWidth - at.left + 6, top: at.top - 22 }}>
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
