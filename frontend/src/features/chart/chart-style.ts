// The page's colours and texts for the drawing library.

import { ColorType, CrosshairMode, type TickMarkType, type UTCTimestamp } from "lightweight-charts";
import { colourOf } from "@/shared/ui/tokens";
import type { Interval } from "@/shared/wire/types";
import { crosshairTime, isDated, tickMark } from "./time-text";

export interface ChartColours {
  ground: string;
  text: string;
  faint: string;
  grid: string;
  line: string;
  label: string;
  rise: string;
  fall: string;
  riseColumn: string;
  fallColumn: string;
  area: string;
  areaTop: string;
  areaBottom: string;
  plots: readonly string[];
}

const PLOT_TOKENS = ["--plot-1", "--plot-2", "--plot-3", "--plot-4", "--plot-5", "--plot-6"];

export function chartColours(element: Element): ChartColours {
  const of = (name: string, alpha = 1) => colourOf(name, element, alpha);
  return {
    ground: of("--panel"),
    text: of("--text-soft"),
    faint: of("--text-faint"),
    grid: of("--line", 0.55),
    line: of("--line"),
    label: of("--raised"),
    rise: of("--rise"),
    fall: of("--fall"),
    riseColumn: of("--rise", 0.5),
    fallColumn: of("--fall", 0.5),
    area: of("--accent"),
    areaTop: of("--accent", 0.25),
    areaBottom: of("--accent", 0),
    plots: PLOT_TOKENS.map((token) => of(token)),
  };
}

export function chartOptions(colours: ChartColours) {
  const crosshairLine = { color: colours.faint, labelBackgroundColor: colours.label };
  return {
    autoSize: true,
    layout: {
      background: { type: ColorType.Solid, color: colours.ground },
      textColor: colours.text,
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
      attributionLogo: true,
      panes: { separatorColor: colours.line, separatorHoverColor: colours.grid },
    },
    grid: { vertLines: { color: colours.grid }, horzLines: { color: colours.grid } },
    rightPriceScale: { borderColor: colours.line, alignLabels: true },
    timeScale: { borderColor: colours.line, rightOffset: 6, minBarSpacing: 1.5 },
    crosshair: { mode: CrosshairMode.Normal, vertLine: crosshairLine, horzLine: crosshairLine },
    // Two fingers scroll the page on a phone; one moves the chart.
    handleScroll: { vertTouchDrag: false },
  };
}

export function timeOptions(interval: Interval, language: string) {
  return {
    timeScale: {
      timeVisible: !isDated(interval),
      tickMarkFormatter: (time: UTCTimestamp, type: TickMarkType) => tickMark(time, type, interval, language),
    },
    localization: { timeFormatter: (time: UTCTimestamp) => crosshairTime(time, interval, language) },
  };
}
