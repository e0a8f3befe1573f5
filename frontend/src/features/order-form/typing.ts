// What happens to a number while a person types it: other characters go, thousands are grouped, and the
// caret stays where it was between the digits.

/** Text and caret after grouping. `decimals` 0 leaves no dot. */
export function groupTyped(text: string, caret: number, decimals: number): { text: string; caret: number } {
  const significant = (part: string) => part.replace(decimals > 0 ? /[^\d.]/g : /\D/g, "");
  const before = significant(text.slice(0, caret));
  const [whole = "", ...fractions] = significant(text).split(".");
  const wholeGrouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const grouped = fractions.length > 0 ? `${wholeGrouped}.${fractions.join("").slice(0, decimals)}` : wholeGrouped;
  return { text: grouped, caret: caretAfter(grouped, before.length) };
}

/** The position behind the first `count` characters that are not commas. */
function caretAfter(text: string, count: number): number {
  let seen = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (seen === count) return index;
    if (text[index] !== ",") seen += 1;
  }
  return text.length;
}
