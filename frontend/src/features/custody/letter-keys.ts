// Keys of the links in letters: the row's number, a colon, and what proves that the letter was read.

/** The number of the row that a key names. */
export function rowOf(key: string): string {
  return key.split(":")[0] ?? "";
}
