import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { dateOf } from "@/shared/days";
import { useLanguage } from "@/shared/i18n";
import type { CalendarProps } from "./Calendar";
import styles from "./DayField.module.css";
import { Popover } from "./Popover";

interface DayFieldProps {
  label: string;
  /** "2026-11-22" in the reader's own calendar; empty: any day. */
  value: string;
  /** The first and the last day that may be chosen; empty: no bound. */
  min?: string;
  max?: string;
  testId?: string;
  onChange: (day: string) => void;
}

/** A day, chosen from a calendar in the page's language. (The browser's own field has the browser's.) */
export function DayField({ label, value, min = "", max = "", testId, onChange }: DayFieldProps) {
  const { t } = useTranslation();
  const locale = useLanguage() === "ko" ? "ko-KR" : "en-GB";
  const { Calendar, load } = useLoadedCalendar();
  const date = dateOf(value);
  const shown =
    date?.toLocaleDateString(locale, { year: "numeric", month: "2-digit", day: "2-digit" }) ??
    t("calendar.any");
  return (
    <span className={styles.day}>
      <span aria-hidden>{label}</span>
      <Popover
        label={`${label}: ${shown}`}
        className={styles.field}
        button={shown}
        {...(testId && { testId })}
      >
        {(close) => {
          const onChoose = (day: string) => {
            onChange(day);
            close();
          };
          if (!Calendar) return <EmptyCalendar load={load} />;
          return <Calendar {...{ label, locale, value, min, max, onChoose }} />;
        }}
      </Popover>
    </span>
  );
}

/** The calendar is loaded with the first field that needs it: few visits do. Null until it is there. */
function useLoadedCalendar(): { Calendar: React.ComponentType<CalendarProps> | null; load: () => void } {
  const [Calendar, setCalendar] = useState<React.ComponentType<CalendarProps> | null>(null);
  const load = useCallback(() => {
    import("./Calendar").then(
      (module) => setCalendar(() => module.Calendar),
      // Without a connection the next opening tries again.
      () => undefined,
    );
  }, []);
  useEffect(load, [load]);
  return { Calendar, load };
}

function EmptyCalendar({ load }: { load: () => void }) {
  useEffect(load, [load]);
  return <div className={styles.calendar} aria-busy />;
}
