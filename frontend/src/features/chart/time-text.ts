// Times on the chart. The library counts in UTC; people read their own clock.

import { TickMarkType, type UTCTimestamp } from "lightweight-charts";
import type { Interval } from "@/shared/wire/types";

export const INTERVAL_MS: Readonly<Record<Interval, number>> = {
  "1m": 60_000,
  "5m": 300_000,
  "15m": 900_000,
  "30m": 1_800_000,
  "1h": 3_600_000,
  "4h": 14_400_000,
  "1d": 86_400_000,
  "1w": 604_800_000,
};

/** Days and weeks begin at midnight UTC: they are named by that date, wherever the reader is. */
export function isDated(interval: Interval): boolean {
  return INTERVAL_MS[interval] >= INTERVAL_MS["1d"];
}

/** Beside the crosshair: the local time, and UTC. */
export function crosshairTime(time: UTCTimestamp, interval: Interval, language: string): string {
  const at = new Date(time * 1000);
  if (isDated(interval)) {
    return at.toLocaleDateString(language, {
      timeZone: "UTC",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
  }
  const day = at.toLocaleDateString(language, { month: "2-digit", day: "2-digit" });
  return `${day} ${clock(at)} (${at.toISOString().slice(11, 16)} UTC)`;
}

export function tickMark(
  time: UTCTimestamp,
  type: TickMarkType,
  interval: Interval,
  language: string,
): string {
  const at = new Date(time * 1000);
  const zone = isDated(interval) ? { timeZone: "UTC" } : {};
  if (type === TickMarkType.Year) return at.toLocaleDateString(language, { ...zone, year: "numeric" });
  if (type === TickMarkType.Month) return at.toLocaleDateString(language, { ...zone, month: "short" });
  if (type === TickMarkType.DayOfMonth) {
    return at.toLocaleDateString(language, { ...zone, month: "numeric", day: "numeric" });
  }
  return clock(at);
}

/** What is left of a candle: "04:31", "3:04:31", "2d 03:04". */
export function countdown(leftMs: number): string {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3_600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d ${two(hours)}:${two(minutes)}`;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${two(minutes)}:${two(seconds % 60)}`;
}

function clock(at: Date): string {
  return at.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** A moment in milliseconds as the library counts. */
export function toSeconds(ms: number): UTCTimestamp {
  return Math.floor(ms / 1000) as UTCTimestamp;
}
