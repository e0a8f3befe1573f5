import {
  type CalendarDate,
  GregorianCalendar,
  getLocalTimeZone,
  isToday,
  parseDate,
  today,
} from "@internationalized/date";
import { useRef } from "react";
import { I18nProvider, useCalendar, useCalendarCell, useCalendarGrid } from "react-aria";
import { useTranslation } from "react-i18next";
import { type CalendarState, useCalendarState } from "react-stately";
import styles from "./DayField.module.css";

export interface CalendarProps {
  /** The accessible name. */
  label: string;
  locale: string;
  /** "2026-11-22"; empty: any day. */
  value: string;
  /** The first and the last day that may be chosen; empty: no bound. */
  min: string;
  max: string;
  /** Empty: any day. */
  onChoose: (day: string) => void;
}

/** A month of days. React Aria keeps the keys, the focus and what is read out. */
export function Calendar(props: CalendarProps) {
  return (
    <I18nProvider locale={props.locale}>
      <Month {...props} />
    </I18nProvider>
  );
}

function Month({ label, locale, value, min, max, onChoose }: CalendarProps) {
  const { t } = useTranslation();
  const options = {
    "aria-label": label,
    autoFocus: true,
    value: dateOrNull(value),
    minValue: dateOrNull(min),
    maxValue: dateOrNull(max),
    onChange: (date: CalendarDate | null) => onChoose(date?.toString() ?? ""),
  };
  const state = useCalendarState({ ...options, locale, createCalendar });
  const { calendarProps, title } = useCalendar(options, state);
  const now = today(getLocalTimeZone());
  return (
    <div {...calendarProps} className={styles.calendar}>
      <div className={styles.month}>
        <Turn
          label={t("calendar.previous")}
          sign="‹"
          disabled={state.isPreviousVisibleRangeInvalid()}
          onTurn={state.focusPreviousPage}
        />
        <strong aria-live="polite">{title}</strong>
        <Turn
          label={t("calendar.next")}
          sign="›"
          disabled={state.isNextVisibleRangeInvalid()}
          onTurn={state.focusNextPage}
        />
      </div>
      <Days state={state} />
      <div className={styles.ends}>
        <button type="button" className={styles.end} onClick={() => onChoose("")}>
          {t("calendar.any")}
        </button>
        <button
          type="button"
          className={styles.end}
          disabled={state.isInvalid(now)}
          onClick={() => onChoose(now.toString())}
        >
          {t("calendar.today")}
        </button>
      </div>
    </div>
  );
}

interface TurnProps {
  label: string;
  sign: string;
  disabled: boolean;
  onTurn: () => void;
}

/** To another month; the focus stays on the button. */
function Turn({ label, sign, disabled, onTurn }: TurnProps) {
  return (
    <button
      type="button"
      className={styles.turn}
      aria-label={label}
      disabled={disabled}
      onClick={(event) => {
        onTurn();
        event.currentTarget.focus();
      }}
    >
      {sign}
    </button>
  );
}

function Days({ state }: { state: CalendarState }) {
  const { gridProps, headerProps, weekDays, weeksInMonth } = useCalendarGrid(
    { weekdayStyle: "narrow" },
    state,
  );
  const weeks = Array.from({ length: weeksInMonth }, (_, week) => state.getDatesInWeek(week));
  return (
    <div {...gridProps}>
      <div {...headerProps} className={styles.week}>
        {weekDays.map((name, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a weekday is its place in the week
          <small key={index}>{name}</small>
        ))}
      </div>
      {weeks.map((dates, week) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a week is its place in the month
        <div key={week} role="row" className={styles.week}>
          {dates.map(
            (date, day) => date && <Day key={date.toString()} date={date} column={day + 1} state={state} />,
          )}
        </div>
      ))}
    </div>
  );
}

function Day({ date, column, state }: { date: CalendarDate; column: number; state: CalendarState }) {
  const ref = useRef<HTMLDivElement>(null);
  const { cellProps, buttonProps, isSelected, isDisabled, isOutsideVisibleRange, formattedDate } =
    useCalendarCell({ date }, state, ref);
  return (
    <div {...cellProps} style={{ gridColumn: column }}>
      <div
        {...buttonProps}
        ref={ref}
        hidden={isOutsideVisibleRange}
        className={styles.dayOfMonth}
        data-selected={isSelected}
        data-disabled={isDisabled}
        data-today={isToday(date, getLocalTimeZone())}
      >
        {formattedDate}
      </div>
    </div>
  );
}

function createCalendar() {
  return new GregorianCalendar();
}

function dateOrNull(day: string): CalendarDate | null {
  return day === "" ? null : parseDate(day);
}
