import { useLanguage } from "../i18n";

const FORMATS = {
  /** 14:03:11 */
  clock: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  /** 11-22 14:03:11 */
  moment: { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
} as const;

/** A local time, with UTC on hover. `at` in milliseconds. */
export function Time({ at, as = "moment" }: { at: number; as?: keyof typeof FORMATS }) {
  const language = useLanguage();
  const iso = new Date(at).toISOString();
  return (
    <time dateTime={iso} title={`${iso.slice(0, 19).replace("T", " ")} UTC`}>
      {new Intl.DateTimeFormat(language === "ko" ? "ko-KR" : "en-GB", FORMATS[as]).format(at)}
    </time>
  );
}
