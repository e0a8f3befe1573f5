import { useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "@/shared/i18n";
import { onTick } from "@/shared/market/grid";
import { abbreviated, fixed, fromUnits, grouped, wireDecimal } from "@/shared/numbers";
import { useDraft } from "@/shared/order-draft/draft-store";
import { colourOf, onTokensChange } from "@/shared/ui/tokens";
import { useBook } from "@/shared/wire/market-store";
import type { SymbolTerms } from "@/shared/wire/types";
import styles from "./DepthChart.module.css";
import { type Depth, depthOf, distanceText, pointAt, valueText } from "./depth";
import { type Area, DepthScale, drawDepth } from "./draw";

/** Tenths of a per cent on either side of the middle. */
const RANGES = [1, 2, 5, 10, 25, 50, 100] as const;
const FIRST_RANGE = 1;
const EVERY_LEVEL = 100_000;

export function DepthChart({ terms }: { terms: SymbolTerms }) {
  const { t } = useTranslation("chart");
  const language = useLanguage();
  const [range, setRange] = useState(FIRST_RANGE);
  const book = useBook(terms.symbol, EVERY_LEVEL);
  const depth = useMemo(() => depthOf(book, terms, RANGES[range]!), [book, terms, range]);
  const quantity = (units: bigint) => abbreviated(fromUnits(units, terms.quantity_scale), language);
  const total = (side: Depth["bids"]) => `${quantity(side.at(-1)?.quantity ?? 0n)} ${terms.base_asset}`;
  const label = t("depthChart.label", {
    symbol: terms.symbol,
    bids: total(depth.bids),
    asks: total(depth.asks),
    range: RANGES[range]! / 10,
  });
  const isEmpty = depth.bids.length === 0 && depth.asks.length === 0;
  return (
    <div className={styles.depth} data-stale={!book.current && book.sequence >= 0} data-testid="depth">
      <div className={styles.ranges} role="group" aria-label={t("depthChart.range")}>
        {RANGES.map((tenths, index) => (
          <button key={tenths} type="button" aria-pressed={index === range} onClick={() => setRange(index)}>
            ±{tenths / 10}%
          </button>
        ))}
      </div>
      {book.sequence >= 0 && isEmpty && <div className={styles.none}>{t("depthChart.none")}</div>}
      <Canvas
        depth={depth}
        terms={terms}
        label={label}
        quantity={quantity}
        onZoom={(by) => setRange((now) => Math.min(RANGES.length - 1, Math.max(0, now + by)))}
      />
    </div>
  );
}

interface CanvasProps {
  depth: Depth;
  terms: SymbolTerms;
  label: string;
  quantity: (units: bigint) => string;
  onZoom: (by: 1 | -1) => void;
}

function Canvas({ depth, terms, label, quantity, onZoom }: CanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const area = useArea(canvas);
  const tokens = useTokensVersion();
  const [x, setX] = useState<number | null>(null);
  const fillPrice = useDraft((form) => form.fillPrice);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other colours are drawn anew
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || area.width === 0) return;
    const ratio = window.devicePixelRatio;
    element.width = area.width * ratio;
    element.height = area.height * ratio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const price = (units: bigint) =>
      fixed(fromUnits(onTick(terms, units), terms.price_scale), terms.price_scale);
    drawDepth(context, area, depth, depthColours(element), { price, quantity });
  }, [depth, area, terms, tokens, quantity]);
  const click = () => {
    if (x === null || depth.doubleMiddle === null) return;
    fillPrice(wireDecimal(onTick(terms, new DepthScale(depth, area).priceAt(x)), terms.price_scale));
  };
  return (
    <div className={styles.frame}>
      <canvas
        ref={canvas}
        className={styles.canvas}
        role="img"
        aria-label={label}
        onPointerMove={(event) => setX(event.nativeEvent.offsetX)}
        onPointerLeave={() => setX(null)}
        onClick={click}
        onWheel={(event) => onZoom(event.deltaY > 0 ? 1 : -1)}
      />
      {x !== null && depth.doubleMiddle !== null && <Hover x={x} area={area} depth={depth} terms={terms} />}
    </div>
  );
}

function Hover({ x, area, depth, terms }: { x: number; area: Area; depth: Depth; terms: SymbolTerms }) {
  const { t } = useTranslation("chart");
  const scale = new DepthScale(depth, area);
  const price = scale.priceAt(x);
  const isBid = 2n * price <= depth.doubleMiddle!;
  const point = pointAt(isBid ? depth.bids : depth.asks, price, isBid ? "bids" : "asks");
  const rows: [string, string][] = [
    [t("depthChart.price"), fixed(fromUnits(onTick(terms, price), terms.price_scale), terms.price_scale)],
    [t("depthChart.distance"), `${distanceText(price, depth.doubleMiddle!)}%`],
    [
      t("depthChart.sum"),
      `${grouped(fromUnits(point?.quantity ?? 0n, terms.quantity_scale))} ${terms.base_asset}`,
    ],
    [t("depthChart.value"), `${point ? grouped(valueText(point, terms)) : "0"} ${terms.quote_asset}`],
  ];
  return (
    <>
      <i className={styles.line} style={{ left: x }} />
      {point && (
        <i
          className={styles.dot}
          data-side={isBid ? "buy" : "sell"}
          style={{ left: x, top: scale.y(point.quantity) }}
        />
      )}
      <dl className={styles.tip} data-left={x > area.width / 2} style={{ left: x }}>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function useArea(element: React.RefObject<HTMLElement | null>): Area {
  const [area, setArea] = useState<Area>({ width: 0, height: 0 });
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => {
      if (entry) setArea({ width: entry.contentRect.width, height: entry.contentRect.height });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return area;
}

function useTokensVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => onTokensChange(() => setVersion((now) => now + 1)), []);
  return version;
}

function depthColours(element: Element) {
  return {
    rise: colourOf("--rise", element),
    fall: colourOf("--fall", element),
    riseFill: colourOf("--rise", element, 0.16),
    fallFill: colourOf("--fall", element, 0.16),
    line: colourOf("--line", element, 0.6),
    text: colourOf("--text-soft", element),
  };
}
