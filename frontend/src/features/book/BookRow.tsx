import { memo } from "react";
import { useTranslation } from "react-i18next";
import { grouped } from "@/shared/numbers";
import { Quantity } from "@/shared/ui/Quantity";
import type { Side } from "@/shared/wire/types";
import styles from "./OrderBook.module.css";

interface BookRowProps {
  index: number;
  side: Side;
  price: string;
  quantity: string;
  /** One of both: the running sum in the base asset, or in the quote asset. */
  sum: string | null;
  quoteSum: string | null;
  scale: number;
  share: number;
  own: string | null;
  pulse: number;
  within: boolean;
}

/** One price of the book. Only texts and numbers come in, so that a row draws again only when it changed. */
export const BookRow = memo(function BookRow(props: BookRowProps) {
  const { t } = useTranslation("book");
  const { index, side, price, quantity, sum, quoteSum, scale, share, own, pulse, within } = props;
  return (
    <div
      className={styles.row}
      data-index={index}
      data-within={within}
      style={{ "--share": `${share}%` } as React.CSSProperties}
    >
      {pulse > 0 && <i key={pulse} className={styles.flash} aria-hidden />}
      <span>
        {own !== null && (
          <i
            className={styles.own}
            role="img"
            aria-label={t("own", { quantity: own })}
            title={t("own", { quantity: own })}
          />
        )}
        <button
          type="button"
          className={side === "buy" ? "rise" : "fall"}
          tabIndex={index === 0 ? 0 : -1}
          title={t("takePrice")}
        >
          {price}
        </button>
      </span>
      <span data-part="quantity">
        <Quantity text={quantity} scale={scale} />
      </span>
      <span data-part="sum" className={styles.total}>
        {sum === null ? grouped(quoteSum ?? "") : <Quantity text={sum} scale={scale} />}
      </span>
    </div>
  );
});
