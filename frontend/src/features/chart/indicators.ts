// What the chart draws over the candles. Coordinates on a screen, not money: floats are right here.
// Every function gives one value per bar, null while it warms up.

export type Values = (number | null)[];

/** Simple moving average. */
export function sma(values: readonly number[], period: number): Values {
  return values.map((_, index) => (index + 1 < period ? null : mean(values, index + 1 - period, index + 1)));
}

/** Exponential moving average, seeded with the simple one. Leading nulls of the input stay nulls. */
export function ema(values: readonly (number | null)[], period: number): Values {
  const weight = 2 / (period + 1);
  const start = values.findIndex((value) => value !== null);
  let last: number | null = null;
  return values.map((value, index) => {
    if (value === null || index < start + period - 1) return null;
    last = last === null ? mean(values as number[], start, start + period) : last + weight * (value - last);
    return last;
  });
}

export interface Bands {
  middle: Values;
  upper: Values;
  lower: Values;
}

/** Bollinger bands: the average and `width` population deviations around it. */
export function bollinger(values: readonly number[], period: number, width: number): Bands {
  const middle = sma(values, period);
  const deviation = middle.map((average, index) => {
    if (average === null) return null;
    let squares = 0;
    for (let at = index + 1 - period; at <= index; at += 1) squares += (values[at]! - average) ** 2;
    return Math.sqrt(squares / period);
  });
  const shifted = (sign: 1 | -1) =>
    middle.map((average, index) => (average === null ? null : average + sign * width * deviation[index]!));
  return { middle, upper: shifted(1), lower: shifted(-1) };
}

/** Relative strength as Wilder smooths it, 0 to 100. */
export function rsi(values: readonly number[], period: number): Values {
  let gain = 0;
  let loss = 0;
  return values.map((value, index) => {
    if (index === 0) return null;
    const change = value - values[index - 1]!;
    const up = Math.max(change, 0);
    const down = Math.max(-change, 0);
    if (index <= period) {
      gain += up / period;
      loss += down / period;
    } else {
      gain = (gain * (period - 1) + up) / period;
      loss = (loss * (period - 1) + down) / period;
    }
    if (index < period) return null;
    return loss === 0 ? 100 : 100 - 100 / (1 + gain / loss);
  });
}

export interface Macd {
  macd: Values;
  signal: Values;
  histogram: Values;
}

/** Fast average less slow average, its own average, and what is between them. */
export function macd(values: readonly number[], fast: number, slow: number, smoothing: number): Macd {
  const slowLine = ema(values, slow);
  const line = ema(values, fast).map((value, index) => {
    const other = slowLine[index] ?? null;
    return value === null || other === null ? null : value - other;
  });
  const signal = ema(line, smoothing);
  const histogram = line.map((value, index) => {
    const other = signal[index] ?? null;
    return value === null || other === null ? null : value - other;
  });
  return { macd: line, signal, histogram };
}

function mean(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) sum += values[at]!;
  return sum / (to - from);
}
