// What stands on the price axis beside the library's own labels, and lines of own orders: drawn with the
// chart's own frames, so that nothing lags behind while it is moved or zoomed.

import type {
  ISeriesApi,
  ISeriesPrimitive,
  ISeriesPrimitiveAxisView,
  IPrimitivePaneView,
  SeriesAttachedParameter,
  SeriesType,
  Time,
} from "lightweight-charts";

/** Of the library's labels at the chart's type size, in pixels. */
const LABEL_HEIGHT = 17;

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
    return [{ coordinate: () => y + LABEL_HEIGHT, text: () => text, textColor: () => colours.text, backColor: () => colours.ground }];
  }
}

export interface OrderLine {
  price: number;
  priceText: string;
  colour: string;
  /** While it is moved or waits for the engine. */
  dashed: boolean;
  element: HTMLElement;
}

/** Own orders: a line each, a label on the axis, and an element of the page kept on the line. */
export class OrderLines extends OnSeries {
  private readonly lines = new Map<string, OrderLine>();

  constructor(
    private readonly paneHeight: () => number,
    private readonly labelColour: () => string,
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
    const height = this.paneHeight();
    for (const line of this.lines.values()) {
      const y = this.at(line.price);
      const shown = y !== null && y >= 0 && y <= height;
      line.element.style.visibility = shown ? "visible" : "hidden";
      if (shown) line.element.style.transform = `translateY(${Math.round(y)}px)`;
    }
  }

  paneViews(): readonly IPrimitivePaneView[] {
    return [{ zOrder: () => "top", renderer: () => ({ draw: (target) => this.draw(target as never) }) }];
  }

  priceAxisViews(): readonly ISeriesPrimitiveAxisView[] {
    const text = this.labelColour();
    return [...this.lines.values()].flatMap((line) => {
      const y = this.at(line.price);
      if (y === null) return [];
      const view: ISeriesPrimitiveAxisView = {
        coordinate: () => y,
        text: () => line.priceText,
        textColor: () => text,
        backColor: () => line.colour,
      };
      return [view];
    });
  }

  private draw(target: MediaTarget): void {
    target.useMediaCoordinateSpace(({ context, mediaSize }) => {
      context.lineWidth = 1;
      for (const line of this.lines.values()) {
        const y = this.at(line.price);
        if (y === null) continue;
        context.strokeStyle = line.colour;
        context.setLineDash(line.dashed ? [2, 3] : [7, 4]);
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
    draw: (scope: { context: CanvasRenderingContext2D; mediaSize: { width: number; height: number } }) => void,
  ): void;
}
