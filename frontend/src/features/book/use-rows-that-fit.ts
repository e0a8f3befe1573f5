import { useEffect, useRef, useState } from "react";
import type { SidesShown } from "./book-settings";

/** Heights in the style sheet: a row, and what is no row (column names, centre line). */
const ROW = 20;
const REST = 24 + 36;
const LEAST = 4;

/** How many rows of a side there is room for. */
export function useRowsThatFit(sides: SidesShown) {
  const body = useRef<HTMLDivElement>(null);
  const [height, setHeight] = useState(0);
  useEffect(() => {
    if (!body.current) return undefined;
    const observer = new ResizeObserver(([entry]) => entry && setHeight(entry.contentRect.height));
    observer.observe(body.current);
    return () => observer.disconnect();
  }, []);
  const rows = Math.floor((height - REST) / ROW);
  return { body, perSide: Math.max(LEAST, sides === "both" ? Math.floor(rows / 2) : rows) };
}
