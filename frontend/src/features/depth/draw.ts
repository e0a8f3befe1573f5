// The depth chart on its canvas. Coordinates of a screen: floats.

import type { Depth, DepthPoint } from "./depth";

export interface DepthColours {
  rise: string;
  fall: string;
  riseFill: string;
  fallFill: string;
  line: string;
  text: string;
}

export interface Area {
  width: number;
  height: number;
}

const FOOT = 22;
const HEAD = 16;

/** Where prices and sums lie in an area. */
export class DepthScale {
  private readonly most: number;

  constructor(
    private readonly depth: Depth,
    private readonly area: Area,
  ) {
    const last = (points: DepthPoint[]) => Number(points.at(-1)?.quantity ?? 0n);
    this.most = Math.max(last(depth.bids), last(depth.asks), 1);
  }

  x(price: bigint): number {
    const { lowest, highest } = this.depth;
    return (Number(price - lowest) / Number(highest - lowest)) * this.area.width;
  }

  y(quantity: bigint): number {
    const height = this.area.height - FOOT - HEAD;
    return HEAD + height * (1 - Number(quantity) / this.most);
  }

  /** The sum at the top of the scale, in quantity units. */
  get top(): bigint {
    return BigInt(Math.round(this.most));
  }

  priceAt(x: number): bigint {
    const { lowest, highest } = this.depth;
    return lowest + BigInt(Math.round((x / this.area.width) * Number(highest - lowest)));
  }
}

interface Labels {
  price(price: bigint): string;
  quantity(units: bigint): string;
}

export function drawDepth(
  context: CanvasRenderingContext2D,
  area: Area,
  depth: Depth,
  colours: DepthColours,
  labels: Labels,
): void {
  context.clearRect(0, 0, area.width, area.height);
  if (depth.doubleMiddle === null) return;
  const scale = new DepthScale(depth, area);
  drawGrid(context, area, scale, colours, labels);
  drawSide(context, area, depth.bids, scale, 0, colours.rise, colours.riseFill);
  drawSide(context, area, depth.asks, scale, area.width, colours.fall, colours.fallFill);
  drawPrices(context, area, depth, scale, colours, labels);
}

function drawSide(
  context: CanvasRenderingContext2D,
  area: Area,
  points: readonly DepthPoint[],
  scale: DepthScale,
  edge: number,
  stroke: string,
  fill: string,
): void {
  const best = points[0];
  if (!best) return;
  const floor = area.height - FOOT;
  context.beginPath();
  context.moveTo(scale.x(best.price), floor);
  let y = floor;
  for (const point of points) {
    const x = scale.x(point.price);
    context.lineTo(x, y);
    y = scale.y(point.quantity);
    context.lineTo(x, y);
  }
  context.lineTo(edge, y);
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke();
  context.lineTo(edge, floor);
  context.closePath();
  context.fillStyle = fill;
  context.fill();
}

function drawGrid(
  context: CanvasRenderingContext2D,
  area: Area,
  scale: DepthScale,
  colours: DepthColours,
  labels: Labels,
): void {
  context.font = font();
  context.textAlign = "right";
  context.textBaseline = "bottom";
  for (const quarter of [1n, 2n, 3n, 4n]) {
    const units = (scale.top * quarter) / 4n;
    const y = Math.round(scale.y(units)) + 0.5;
    context.strokeStyle = colours.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(0, y);
    context.lineTo(area.width, y);
    context.stroke();
    context.fillStyle = colours.text;
    context.fillText(labels.quantity(units), area.width - 6, y - 1);
  }
}

function drawPrices(
  context: CanvasRenderingContext2D,
  area: Area,
  depth: Depth,
  scale: DepthScale,
  colours: DepthColours,
  labels: Labels,
): void {
  const middle = depth.doubleMiddle! / 2n;
  const places: [bigint, CanvasTextAlign][] = [
    [depth.lowest, "left"],
    [(depth.lowest + middle) / 2n, "center"],
    [middle, "center"],
    [(depth.highest + middle) / 2n, "center"],
    [depth.highest, "right"],
  ];
  context.fillStyle = colours.text;
  context.textBaseline = "middle";
  for (const [price, align] of places) {
    context.textAlign = align;
    const inset = align === "left" ? 6 : align === "right" ? -6 : 0;
    context.fillText(labels.price(price), scale.x(price) + inset, area.height - FOOT / 2);
  }
  const x = Math.round(scale.x(middle)) + 0.5;
  context.strokeStyle = colours.text;
  context.setLineDash([2, 4]);
  context.beginPath();
  context.moveTo(x, HEAD);
  context.lineTo(x, area.height - FOOT);
  context.stroke();
  context.setLineDash([]);
}

function font(): string {
  return `11px ${getComputedStyle(document.body).fontFamily}`;
}
