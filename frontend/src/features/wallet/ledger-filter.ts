// Which part of the ledger is on show, as a query of the API.

import { dateOf } from "@/shared/days";
import type { Schemas } from "@/shared/wire/api";

export type Entry = Schemas["LedgerEntry"];
export const ENTRY_TYPES = [
  "trade",
  "deposit",
  "withdrawal",
  "transfer_in",
  "transfer_out",
  "withdrawal_hold",
  "withdrawal_release",
] as const;

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
  const start = dateOf(filter.from)?.getTime();
  const end = dateOf(filter.to, 1)?.getTime();
  return {
    ...(filter.asset && { asset: filter.asset }),
    ...(filter.type && { type: filter.type }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  };
}
