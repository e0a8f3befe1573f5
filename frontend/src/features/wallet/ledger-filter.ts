// What of the ledger is on show, as the API asks for it and as a file says it.

import { csvText, csvTime } from "@/shared/csv";
import type { Schemas } from "@/shared/wire/api";

export type Entry = Schemas["LedgerEntry"];
export const ENTRY_TYPES = ["trade", "deposit", "withdrawal"] as const;

/** What is on show. Empty text: everything. Days are of the reader's own calendar, both included. */
export interface LedgerFilter {
  asset: string;
  type: "" | Entry["type"];
  from: string;
  to: string;
}

export const EVERYTHING: LedgerFilter = { asset: "", type: "", from: "", to: "" };
/** The query parameters of a filter. */
export interface LedgerQuery {
  asset?: string;
  type?: Entry["type"];
  start?: number;
  end?: number;
}

/** A filter as the API understands it. */
export function queryOf(filter: LedgerFilter): LedgerQuery {
  const start = dayStart(filter.from, 0);
  const end = dayStart(filter.to, 1);
  return {
    ...(filter.asset && { asset: filter.asset }),
    ...(filter.type && { type: filter.type }),
    ...(start !== null && { start }),
    ...(end !== null && { end }),
  };
}

/** Milliseconds at which a day ("2026-11-22") begins where the reader is, `later` days after it. */
function dayStart(day: string, later: number): number | null {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return null;
  return new Date(year, month - 1, date + later).getTime();
}

/** The ledger as a file. The header is in the reader's language, the types are the API's own words. */
export function ledgerCsv(header: readonly string[], entries: readonly Entry[]): string {
  return csvText(
    header,
    entries.map((entry) => [
      csvTime(entry.timestamp),
      entry.type,
      entry.asset,
      entry.amount,
      entry.fee,
      entry.balance_after,
      entry.symbol,
      entry.trade_id,
      entry.order_id,
    ]),
  );
}
