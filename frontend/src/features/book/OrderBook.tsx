import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { tickAt } from "@/shared/market/grid";
import { fixed, fromUnits, toUnits, wireDecimal } from "@/shared/numbers";
import { useDraft } from "@/shared/order-draft/draft-store";
import { Panel } from "@/shared/ui/Panel";
import { useAccount } from "@/shared/wire/account-store";
import { type LiveBook, useBook } from "@/shared/wire/market-store";
import type { Side, SymbolTerms } from "@/shared/wire/types";
import { BookRow } from "./BookRow";
import { useBookSettings } from "./book-settings";
import { Controls } from "./Controls";
import { Middle } from "./Middle";
import styles from "./OrderBook.module.css";
import { ownByRow, Pulses, portionOf, type Row, rowsOf } from "./rows";
import { SweepTip } from "./SweepTip";
import { useRowsThatFit } from "./use-rows-that-fit";

/** Levels kept at hand: enough for rows of many ticks. */
const DEPTH = 2_000;

interface Hovered {
  side: Side;
  index: number;
  /** The row on the screen. */
  element: HTMLElement;
}

interface OrderBookProps {
  className?: string;
  terms: SymbolTerms;
  /** Called when a price or quantity was taken into the order form. */
  onTake?: (() => void) | undefined;
}

export function OrderBook({ className = "", terms, onTake }: OrderBookProps) {
  const { t } = useTranslation("book");
  const book = useBook(terms.symbol, DEPTH);
  const { sides, inQuote, set } = useBookSettings();
  const step = useStep(book, terms);
  const { body, perSide } = useRowsThatFit(sides);
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const shown = useShownRows(book, terms, step, perSide);
  const swept = hovered ? shown[hovered.side].rows[hovered.index] : undefined;
  const side = (name: Side) => (
    <SideRows
      terms={terms}
      side={name}
      step={step}
      shown={shown[name]}
      most={shown.most}
      inQuote={inQuote}
      loaded={book.sequence >= 0}
      hoveredIndex={hovered?.side === name ? hovered.index : -1}
      onHover={setHovered}
      onTake={onTake}
    />
  );
  return (
    <Panel
      title={t("title")}
      className={className}
      stale={!book.current && book.sequence >= 0}
      controls={<Controls terms={terms} tick={step.tick} multiple={step.multiple} />}
    >
      <div className={styles.book} data-testid="book" data-sides={sides} ref={body}>
        <div className={styles.columns} aria-hidden>
          <span>{t("price", { asset: terms.quote_asset })}</span>
          <span>{t("quantity", { asset: terms.base_asset })}</span>
          <button
            type="button"
            tabIndex={-1}
            onClick={() => set({ inQuote: !inQuote })}
            title={t("switchSum")}
          >
            {t("sum", { asset: inQuote ? terms.quote_asset : terms.base_asset })}
          </button>
        </div>
        {sides !== "bids" && side("sell")}
        <Middle book={book} terms={terms} tick={step.tick} onTake={onTake} />
        {sides !== "asks" && side("buy")}
        {hovered && swept && (
          <SweepTip row={swept} side={hovered.side} element={hovered.element} terms={terms} />
        )}
      </div>
    </Panel>
  );
}

interface Step {
  tick: bigint;
  multiple: number;
  /** Price units of a row. */
  units: bigint;
}

/** The tick where the market is, and how many of them a row has. */
function useStep(book: LiveBook, terms: SymbolTerms): Step {
  const multiple = useBookSettings((settings) => settings.multiples[terms.symbol] ?? 1);
  const best = book.bids[0]?.[0] ?? book.asks[0]?.[0] ?? "0";
  const tick = tickAt(terms, toUnits(best, terms.price_scale));
  return useMemo(() => ({ tick, multiple, units: tick * BigInt(multiple) }), [tick, multiple]);
}

interface Shown {
  rows: Row[];
  pulses: number[];
}

function useShownRows(book: LiveBook, terms: SymbolTerms, step: Step, perSide: number) {
  const counters = useRef({ buy: new Pulses(), sell: new Pulses() });
  return useMemo(() => {
    const key = `${terms.symbol} ${step.units}`;
    const of = (side: Side): Shown => {
      const rows = rowsOf(side === "buy" ? book.bids : book.asks, side, step.units, perSide, terms);
      return { rows, pulses: counters.current[side].update(rows, key) };
    };
    const [buy, sell] = [of("buy"), of("sell")];
    const sums = [buy, sell].map(({ rows }) => rows.at(-1)?.sum ?? 0n);
    return { buy, sell, most: sums[0]! > sums[1]! ? sums[0]! : sums[1]! };
  }, [book, terms, step, perSide]);
}

interface SideRowsProps {
  terms: SymbolTerms;
  side: Side;
  step: Step;
  shown: Shown;
  most: bigint;
  inQuote: boolean;
  loaded: boolean;
  hoveredIndex: number;
  onHover: (hovered: Hovered | null) => void;
  onTake: (() => void) | undefined;
}

function SideRows({
  terms,
  side,
  step,
  shown,
  most,
  inQuote,
  loaded,
  hoveredIndex,
  onHover,
  onTake,
}: SideRowsProps) {
  const { t } = useTranslation("book");
  const open = useAccount((account) => account.open);
  const own = useMemo(() => ownByRow(open.values(), side, step.units, terms), [open, side, step, terms]);
  const onClick = (event: React.MouseEvent) => {
    const row = shown.rows[rowUnder(event, side)?.index ?? -1];
    if (!row) return;
    takeFrom(row, (event.target as HTMLElement).closest<HTMLElement>("[data-part]")?.dataset.part, terms);
    onTake?.();
  };
  return (
    <div
      className={styles.side}
      data-side={side}
      data-testid={side === "buy" ? "bids" : "asks"}
      role="group"
      aria-label={t(side === "buy" ? "bids" : "asks")}
      onPointerMove={(event) => onHover(rowUnder(event, side))}
      onPointerLeave={() => onHover(null)}
      onKeyDown={(event) => moveFocus(event, side)}
      onClick={onClick}
    >
      {loaded && shown.rows.length === 0 && <div className={styles.none}>{t("none")}</div>}
      {shown.rows.map((row, index) => (
        <BookRow
          key={String(row.price)}
          index={index}
          side={side}
          price={fixed(fromUnits(row.price, terms.price_scale), terms.price_scale)}
          quantity={fromUnits(row.quantity, terms.quantity_scale)}
          sum={inQuote ? null : fromUnits(row.sum, terms.quantity_scale)}
          quoteSum={
            inQuote ? String(row.value / 10n ** BigInt(terms.quantity_scale + terms.price_scale)) : null
          }
          scale={terms.quantity_scale}
          share={portionOf(row.sum, most)}
          own={own.has(row.price) ? fromUnits(own.get(row.price)!, terms.quantity_scale) : null}
          pulse={shown.pulses[index] ?? 0}
          within={index <= hoveredIndex}
        />
      ))}
    </div>
  );
}

/** What was clicked in a row, into the order form. */
function takeFrom(row: Row, part: string | undefined, terms: SymbolTerms): void {
  const { fillPrice, fillQuantity } = useDraft.getState();
  if (part === "sum") fillQuantity(wireDecimal(row.sum, terms.quantity_scale));
  else if (part === "quantity") fillQuantity(wireDecimal(row.quantity, terms.quantity_scale));
  else fillPrice(wireDecimal(row.price, terms.price_scale));
}

function rowUnder(event: React.SyntheticEvent, side: Side): Hovered | null {
  const element = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
  return element ? { side, index: Number(element.dataset.index), element } : null;
}

/** Arrow keys walk over the prices; only the best one is in the tab order. */
function moveFocus(event: React.KeyboardEvent<HTMLElement>, side: Side): void {
  const away = side === "buy" ? "ArrowDown" : "ArrowUp";
  const back = side === "buy" ? "ArrowUp" : "ArrowDown";
  if (event.key !== away && event.key !== back) return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-index] button")];
  const at = rows.indexOf(event.target as HTMLElement);
  event.preventDefault();
  event.stopPropagation();
  rows[at + (event.key === away ? 1 : -1)]?.focus();
}
