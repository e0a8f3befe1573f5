// Entries of the ledger, as the list of transfers has them.

import type { Schemas } from "@/shared/wire/api";

export type Entry = Schemas["LedgerEntry"];

export function newestFirst(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => b.sequence - a.sequence);
}
