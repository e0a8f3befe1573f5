// Days of the reader's calendar as text: "2026-11-22".

/** The day of a moment in milliseconds. */
export function dayOf(at: number): string {
  const date = new Date(at);
  const two = (part: number) => String(part).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** Midnight at which a day begins, `later` days after it; null for text that is no day. */
export function dateOf(day: string, later = 0): Date | null {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + later);
}
