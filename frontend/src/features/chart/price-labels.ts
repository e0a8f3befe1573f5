// What stands on the price axis beside the library's own labels, and lines of own orders: drawn with the
// chart's own frames, so that nothing lags behind while it is moved or zoomed.

import type {
  IPrimitivePaneView,
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";
import { chipColumns, labelMiddles } from "./label-places";

/** Of the library's labels at the chart's type size, in pixels. */
const LABEL_HEIGHT = 17;
/** Of an own order's chip on its line. */
const CHIP_HEIGHT = 24;
/** Room for a chip with its text. */
const CHIP_WIDTH = 112;
/** From one chip to the next beside it, where the chart is wide enough. */
const CHIP_STEP = 150;
const CHIP_LEFT = 8;

type AnySeries = ISeriesApi<SeriesType, Time>;

abstract class OnSeries implements ISeriesPrimitive<Time> {
  protected series: AnySeries | null = null;
  private request: (() => void) | null = null;

  attached({ series, requestUpdate }: SeriesAttachedParameter<Time>): void {
    this.series = series as AnySeries;
    this.request = requestUpdate;
    requestUpdate();
  }

  detached(): void {
    this.series = null;
    this.request = null;
  }

  redraw(): void {
    this.request?.();
  }

  protected at(price: number): number | null {
    return this.series?.priceToCoordinate(price) ?? null;
  }
}

/** Time to the close of the candle, under the label of the last price. */
export class Countdown extends OnSeries {
  private text = "";
  private price: number | null = null;
  private colours = { text: "", ground: "" };

  show(text: string, price: number, colours: { text: string; ground: string }): void {
    if (text === this.text && price === this.price) return;
    this.text = text;
    this.price = price;
    this.colours = colours;
    this.redraw();
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    const y = this.price === null ? null : this.at(this.price);
    if (y === null || this.text === "") return [];
    const { text, colours } = this;
    return [
      {
        coordinate: () => y + LABEL_HEIGHT,
        text: () => text,
        textColor: () => colours.text,
        backColor: () => colours.ground,
      },
    ];
  }
}

export interface OrderLine {
  price: number;
  priceText: string;
  colour: string;
  /** While it is moved, or its new price is on its way to the engine. */
  moving: boolean;
  /** It waits off the book for this price. */
  waits: boolean;
  element: HTMLElement;
}

/** Own orders: a line each, a label on the axis, and an element of the page kept on the line. */
export class OrderLines extends OnSeries {
  private readonly lines = new Map<string, OrderLine>();

  constructor(
    private readonly pane: () => { width: number; height: number },
    private readonly labelColour: () => string,
    /** Its label and the countdown under it have their place before all others. */
    private readonly lastPrice: () => number | null,
  ) {
    super();
  }

  put(id: string, line: OrderLine): void {
    this.lines.set(id, line);
    this.redraw();
  }

  take(id: string): void {
    this.lines.delete(id);
    this.redraw();
  }

  /** Called by the library before each of its frames. */
  updateAllViews(): void {
    const { width, height } = this.pane();
    const placed = this.placed();
    // An order on the move passes over the others.
    const columns = chipColumns(
      placed.filter(({ line }) => !line.moving).map(({ y }) => y),
      CHIP_HEIGHT,
    );
    // On a narrow chart they cover each other in part, so that each can still be taken hold of.
    const step = Math.min(CHIP_STEP, (width - CHIP_LEFT - CHIP_WIDTH) / Math.max(1, ...columns));
    for (const { line, y } of placed) {
      const shown = y >= 0 && y <= height;
      line.element.style.visibility = shown ? "visible" : "hidden";
      line.element.style.transform = `translateY(${Math.round(y)}px)`;
      if (!line.moving)
        line.element.style.left = `${CHIP_LEFT + Math.round((columns.shift() ?? 0) * step)}px`;
    }
  }

  /** The lines with their heights, from the top. */
  private placed(): { line: OrderLine; y: number }[] {
    return [...this.lines.values()]
      .flatMap((line) => {
        const y = this.at(line.price);
        return y === null ? [] : [{ line, y }];
      })
      .sort((a, b) => a.y - b.y);
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [{ zOrder: () => "top", renderer: () => ({ draw: (target) => this.draw(target as never) }) }];
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    const text = this.labelColour();
    // Orders of one price share a label.
    const labels = this.placed().filter(
      ({ line }, index, all) => line.priceText !== all[index - 1]?.line.priceText,
    );
    const last = this.lastPrice();
    const lastY = last === null ? null : this.at(last);
    const taken =
      lastY === null ? null : { top: lastY - LABEL_HEIGHT / 2, bottom: lastY + LABEL_HEIGHT * 1.5 };
    const middles = labelMiddles(
      labels.map(({ y }) => y),
      LABEL_HEIGHT,
      taken,
    );
    return labels.flatMap(({ line }, index) => {
      const middle = middles[index] ?? null;
      if (middle === null) return [];
      const view: ISeriesPrimitiveAxisView = {
        coordinate: () => middle,
        text: () => line.priceText,
        textColor: () => text,
        backColor: () => line.colour,
      };
      return [view];
    });
  }

  private draw(target: MediaTarget): void {
    // biome-ignore lint/correctness/useHookAtTopLevel: a method of the library, no hook
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.lineWidth = 1;
      for (const line of this.lines.values()) {
        const y = this.at(line.price);
        if (y === null) continue;
        context.strokeStyle = line.colour;
        context.setLineDash(line.moving ? [2, 3] : line.waits ? [4, 4] : []);
        context.beginPath();
        context.moveTo(0, Math.round(y) + 0.5);
        context.lineTo(mediaSize.width, Math.round(y) + 0.5);
        context.stroke();
      }
      context.setLineDash([]);
    });
  }
}

interface MediaTarget {
  useMediaCoordinateSpace(
    draw: (scope: {
      context: CanvasRenderingContext2D;
      mediaSize: { width: number; height: number };
    }) => void,
  ): void;
}
