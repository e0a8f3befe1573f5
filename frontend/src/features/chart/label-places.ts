// Where labels and chips of own orders stand when their prices are close: beside one another, never over.

/** Farther than this from its line a label has no meaning. */
const FARTHEST_PX = 60;

export interface Span {
  top: number;
  bottom: number;
}

/** The middle of each label on an axis, by the heights of its lines (ascending): as near as room allows to its
 * own line, clear of `taken` and of the others; null where that is too far. */
export function labelMiddles(
  lines: readonly number[],
  height: number,
  taken: Span | null,
): (number | null)[] {
  const middles: number[] = [];
  const split = taken ? lines.findIndex((y) => y >= (taken.top + taken.bottom) / 2) : 0;
  const firstBelow = split === -1 ? lines.length : split;
  // Away from what is taken: upwards above it, downwards below it.
  let ceiling = taken ? taken.top : Infinity;
  for (let index = firstBelow - 1; index >= 0; index -= 1) {
    middles[index] = Math.min(lines[index]!, ceiling - height / 2);
    ceiling = middles[index]! - height / 2;
  }
  let floor = taken ? taken.bottom : -Infinity;
  for (let index = firstBelow; index < lines.length; index += 1) {
    middles[index] = Math.max(lines[index]!, floor + height / 2);
    floor = middles[index]! + height / 2;
  }
  return middles.map((middle, index) => (Math.abs(middle - lines[index]!) > FARTHEST_PX ? null : middle));
}

/** The column of each chip, by the heights of its lines (ascending): the first in which it covers no other. */
export function chipColumns(lines: readonly number[], height: number): number[] {
  const lowest: number[] = [];
  return lines.map((y) => {
    const found = lowest.findIndex((last) => y - last >= height);
    const column = found === -1 ? lowest.length : found;
    lowest[column] = y;
    return column;
  });
}
