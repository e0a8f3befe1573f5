import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import styles from "./DayField.module.css";

interface CalendarProps {
  locale: string;
  value: string;
  min: string;
  max: string;
  /** Empty: any day. */
  onChoose: (day: string) => void;
}

const KEYS: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };

/** A month of days; arrow keys walk over them, Page up and down over the months. */
export function Calendar({ locale, value, min, max, onChoose }: CalendarProps) {
  const { t } = useTranslation();
  const today = dayOf(new Date());
  const [at, setAt] = useState(value || today);
  const [byKey, setByKey] = useState(true);
  const grid = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (byKey) grid.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
  }, [at, byKey]);
  const isOutside = (day: string) => (min !== "" && day < min) || (max !== "" && day > max);
  const go = (day: string, focus: boolean) => {
    setByKey(focus);
    setAt(day);
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const days = KEYS[event.key];
    if (days !== undefined) go(daysLater(at, days), true);
    else if (event.key === "PageUp") go(monthsLater(at, -1), true);
    else if (event.key === "PageDown") go(monthsLater(at, 1), true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const turn = (months: 1 | -1) => (
    <button
      type="button"
      className={styles.turn}
      aria-label={t(months === 1 ? "calendar.next" : "calendar.previous")}
      onClick={() => go(monthsLater(at, months), false)}
    >
      {months === 1 ? "›" : "‹"}
    </button>
  );
  const weekStart = locale === "ko-KR" ? 0 : 1;
  return (
    <div className={styles.calendar}>
      <div className={styles.month}>
        {turn(-1)}
        <strong aria-live="polite">{dateOf(at).toLocaleDateString(locale, { year: "numeric", month: "long" })}</strong>
        {turn(1)}
      </div>
      <div className={styles.days} ref={grid} onKeyDown={onKeyDown}>
        {weekdays(locale, weekStart).map((name, index) => (
          <small key={index} aria-hidden>
            {name}
          </small>
        ))}
        {daysOf(at, weekStart).map(({ day, number, column }) => (
          <button
            key={day}
            type="button"
            style={{ gridColumn: column }}
            tabIndex={day === at ? 0 : -1}
            disabled={isOutside(day)}
            aria-pressed={day === value}
            aria-current={day === today ? "date" : undefined}
            aria-label={dateOf(day).toLocaleDateString(locale, { dateStyle: "full" })}
            onClick={() => onChoose(day)}
          >
            {number}
          </button>
        ))}
      </div>
      <div className={styles.ends}>
        <button type="button" className={styles.end} onClick={() => onChoose("")}>
          {t("calendar.any")}
        </button>
        <button type="button" className={styles.end} disabled={isOutside(today)} onClick={() => onChoose(today)}>
          {t("calendar.today")}
        </button>
      </div>
    </div>
  );
}

/** Midnight of a day ("2026-11-22") where the reader is. */
export function dateOf(day: string): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

function dayOf(date: Date): string {
  const two = (part: number) => String(part).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

export function daysLater(day: string, days: number): string {
  const date = dateOf(day);
  date.setDate(date.getDate() + days);
  return dayOf(date);
}

/** The same date of another month, or that month's last: 31 January, a month later, is 28 February. */
export function monthsLater(day: string, months: number): string {
  const date = dateOf(day);
  const last = new Date(date.getFullYear(), date.getMonth() + months + 1, 0).getDate();
  return dayOf(new Date(date.getFullYear(), date.getMonth() + months, Math.min(date.getDate(), last)));
}

/** The days of the month around `day`; the first says in which column of the week it stands. */
export function daysOf(day: string, weekStart: number): { day: string; number: number; column: number }[] {
  const date = dateOf(day);
  const count = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  return Array.from({ length: count }, (_, index) => {
    const each = new Date(date.getFullYear(), date.getMonth(), index + 1);
    return { day: dayOf(each), number: index + 1, column: ((each.getDay() - weekStart + 7) % 7) + 1 };
  });
}

function weekdays(locale: string, weekStart: number): string[] {
  const format = new Intl.DateTimeFormat(locale, { weekday: "narrow" });
  // 4 January 1970 was a Sunday.
  return Array.from({ length: 7 }, (_, index) => format.format(new Date(1970, 0, 4 + weekStart + index)));
}
