// Sorting the rows of a table.

import { toUnits } from "./numbers";

/** Decimals finer than any symbol's, for comparing amounts of different ones. */
const FINEST_SCALE = 18;

/** By number; what is not known comes first. */
export function compareDecimals(a: string | null | undefined, b: string | null | undefined): number {
  if (a == null || b == null) return Number(a != null) - Number(b != null);
  const difference = toUnits(a, FINEST_SCALE) - toUnits(b, FINEST_SCALE);
  return difference > 0n ? 1 : difference < 0n ? -1 : 0;
}

/** By code points, not by a language's alphabet. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface Sorting {
  column: string;
  direction: 1 | -1;
}

interface Sortable<Row> {
  id: string;
  compare?: (a: Row, b: Row) => number;
}

/** Descending first (the largest is what people look for), then ascending, then as it came. */
export function nextSorting(sorting: Sorting | null, column: string): Sorting | null {
  if (sorting?.column !== column) return { column, direction: -1 };
  return sorting.direction === -1 ? { column, direction: 1 } : null;
}

export function sortedRows<Row>(
  rows: readonly Row[],
  columns: readonly Sortable<Row>[],
  sorting: Sorting | null,
): readonly Row[] {
  const compare = columns.find((column) => column.id === sorting?.column)?.compare;
  if (!sorting || !compare) return rows;
  return [...rows].sort((a, b) => sorting.direction * compare(a, b));
}
