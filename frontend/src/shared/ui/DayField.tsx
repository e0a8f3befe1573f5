import { useTranslation } from "react-i18next";
import { useLanguage } from "../i18n";
import { Calendar, dateOf } from "./Calendar";
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

/** A day, chosen from a calendar in the page's language. (The browser's own field speaks the browser's.) */
export function DayField({ label, value, min = "", max = "", testId, onChange }: DayFieldProps) {
  const { t } = useTranslation();
  const locale = useLanguage() === "ko" ? "ko-KR" : "en-GB";
  const shown = value ? dateOf(value).toLocaleDateString(locale, { year: "numeric", month: "2-digit", day: "2-digit" }) : t("calendar.any");
  return (
    <span className={styles.day}>
      <span aria-hidden>{label}</span>
      <Popover label={`${label}: ${shown}`} className={styles.field} button={shown} {...(testId && { testId })}>
        {(close) => (
          <Calendar
            locale={locale}
            value={value}
            min={min}
            max={max}
            onChoose={(day) => {
              onChange(day);
              close();
            }}
          />
        )}
      </Popover>
    </span>
  );
}
