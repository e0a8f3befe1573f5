import { useLanguage } from "@/shared/i18n";

const FORMATS = {
  /** 14:03:11 */
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  /** 11-22 14:03:11 */
  moment: {
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  },
} as const;

type Form = keyof typeof FORMATS;

// Making a formatter costs far more than using one.
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(locale: string, form: Form): Intl.DateTimeFormat {
  const key = `${locale} ${form}`;
  const known = formatters.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale, FORMATS[form]);
  formatters.set(key, made);
  return made;
}

/** A local time, with UTC on hover. `at` in milliseconds. */
export function Time({ at, as = "moment" }: { at: number; as?: Form }) {
  const language = useLanguage();
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${iso.slice(0, 19).replace("T", " ")} UTC`}>
      {formatterOf(language === "ko" ? "ko-KR" : "en-GB", as).format(at)}
    </time>
  );
}
