// A line through values, as SVG. Points are screen coordinates: the one place where floats are right.

/** The path of a line through the values, in a box of `width` × `height`. `bounds`: what is at the bottom and
 * at the top, by default the lowest and the highest value. */
export function linePath(
  values: readonly number[],
  width: number,
  height: number,
  bounds: readonly [low: number, high: number] = [Math.min(...values), Math.max(...values)],
): string {
  const [low, high] = bounds;
  const range = high - low || 1;
  const step = values.length > 1 ? width / (values.length - 1) : 0;
  return values
    .map((value, index) => {
      const y = height - ((value - low) / range) * height;
      return `${index === 0 ? "M" : "L"}${(index * step).toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

interface SparklineProps {
  values: readonly number[];
  /** The text alternative of the line. */
  label: string;
  width?: number;
  height?: number;
}

/** A small line of prices, in the colour of its change. */
export function Sparkline({ values, label, width = 96, height = 22 }: SparklineProps) {
  const colour = (values.at(-1) ?? 0) >= (values[0] ?? 0) ? "var(--rise)" : "var(--fall)";
  return (
    <svg width={width} height={height} viewBox={`0 -1 ${width} ${height + 2}`} role="img" aria-label={label}>
      {values.length > 1 && (
        <path
          d={linePath(values, width, height)}
          fill="none"
          stroke={colour}
          strokeWidth="1.2"
          strokeLinejoin="round"
        />
      )}
    </svg>
  );
}
