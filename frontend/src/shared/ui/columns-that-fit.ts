// Which columns of a table are shown where there is no room for all of them.

import { useLayoutEffect, useState } from "react";

export interface Fitting {
  /** A CSS grid track, e.g. "minmax(80px, 1fr)". */
  width: string;
  /** Left out where there is no room, the smallest first; without it the column always stays. */
  spare?: number;
}

/** As in the style sheet. */
const GAP_PX = 12;
const EDGES_PX = 24;
/** On a phone rows are cards, and have room for everything. */
const CARDS = "(max-width: 640px)";

function leastWidth(columns: readonly Fitting[]): number {
  const tracks = columns.map(({ width }) => Number(/(\d+)px/.exec(width)?.[1] ?? 0));
  return tracks.reduce((sum, track) => sum + track, EDGES_PX + GAP_PX * (columns.length - 1));
}

/** The columns that fit into a width, in their order. */
export function columnsThatFit<Each extends Fitting>(
  columns: readonly Each[],
  width: number,
): readonly Each[] {
  let kept = columns;
  while (leastWidth(kept) > width) {
    const spares = kept.flatMap(({ spare }) => (spare === undefined ? [] : [spare]));
    if (spares.length === 0) break;
    const first = Math.min(...spares);
    kept = kept.filter(({ spare }) => spare !== first);
  }
  return kept;
}

export function useColumnsThatFit<Each extends Fitting>(
  box: React.RefObject<HTMLElement | null>,
  columns: readonly Each[],
): readonly Each[] {
  const [width, setWidth] = useState(Infinity);
  useLayoutEffect(() => {
    if (!box.current) return undefined;
    const measure = () =>
      setWidth(matchMedia(CARDS).matches ? Infinity : (box.current?.clientWidth ?? Infinity));
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    measure();
    return () => observer.disconnect();
  }, [box]);
  return columnsThatFit(columns, width);
}
