// Files that the exchange makes: the browser saves them as they come, however long they are.

import { isStopped } from "./wire/own-user";

/** Save what an address answers. */
export function download(path: string, query: Readonly<Record<string, string | number>> = {}): void {
  // Another user is logged in now: the file would be that user's.
  if (isStopped()) return;
  const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]));
  const link = document.createElement("a");
  link.href = asked.size > 0 ? `${path}?${asked}` : path;
  link.download = "";
  link.click();
}
