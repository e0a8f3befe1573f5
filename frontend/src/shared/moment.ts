// Moments and spans of time in the page's language.

import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLanguage } from "./i18n";

/** A moment to the minute, its day with it. */
export function useMoment(): (at: number) => string {
  const language = useLanguage();
  const format = new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
  });
  return (at) => format.format(at);
}

const MINUTE_MS = 60_000;
const UNITS = [
  ["days", 24 * 60],
  ["hours", 60],
  ["minutes", 1],
] as const;

/** A span as its two largest units that are not zero, rounded up to the minute: what is not over yet never reads
 * as zero. */
export function spanParts(spanMs: number): [unit: "days" | "hours" | "minutes", count: number][] {
  let left = Math.max(1, Math.ceil(spanMs / MINUTE_MS));
  const parts: [(typeof UNITS)[number][0], number][] = [];
  for (const [unit, minutes] of UNITS) {
    const count = Math.floor(left / minutes);
    left -= count * minutes;
    if (count > 0) parts.push([unit, count]);
  }
  return parts.slice(0, 2);
}

/** "1 day 4 h", "23 h 14 min". */
export function useSpan(): (spanMs: number) => string {
  const { t } = useTranslation();
  return (spanMs) =>
    spanParts(spanMs)
      .map(([unit, count]) => t(`span.${unit}`, { count }))
      .join(" ");
}

/** The time now, renewed every so often while `isRunning`. */
export function useNow(everyMs: number, isRunning = true): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isRunning]);
  return now;
}
