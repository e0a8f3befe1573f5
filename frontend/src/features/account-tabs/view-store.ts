// How the account tabs are looked at, kept across visits.

import { create } from "zustand";
import { persist } from "zustand/middleware";
import { dateOf } from "@/shared/days";

export const TABS = ["open", "history", "fills", "balances"] as const;
export type AccountTab = (typeof TABS)[number];

/** Column filters; an empty text lets everything through. */
export interface Filters {
  symbol: string;
  side: "" | "buy" | "sell";
  status: string;
  liquidity: "" | "maker" | "taker" | "auction";
  /** Days of the reader's own calendar, both included. */
  from: string;
  to: string;
}

interface ViewState {
  tab: AccountTab;
  hideOthers: boolean;
  filters: Filters;
  setTab(tab: AccountTab): void;
  setHideOthers(hide: boolean): void;
  setFilters(change: Partial<Filters>): void;
}

export const NO_FILTERS: Filters = { symbol: "", side: "", status: "", liquidity: "", from: "", to: "" };

export const useAccountView = create<ViewState>()(
  persist(
    (set) => ({
      tab: "open",
      hideOthers: false,
      filters: NO_FILTERS,
      setTab: (tab) => set({ tab, filters: NO_FILTERS }),
      setHideOthers: (hideOthers) => set({ hideOthers }),
      setFilters: (change) => set(({ filters }) => ({ filters: { ...filters, ...change } })),
    }),
    {
      name: "xtrader.account-tabs",
      version: 1,
      partialize: ({ tab, hideOthers }) => ({ tab, hideOthers }),
    },
  ),
);

interface Filterable {
  symbol: string;
  side: "buy" | "sell";
  status?: string;
  liquidity?: string;
  /** When an order was entered; when a fill happened. */
  created_at?: number;
  timestamp?: number;
}

/** Whether a row passes the filters; `only` is the market on show when others are hidden. */
export function passes(row: Filterable, filters: Filters, only: string | null): boolean {
  if (only !== null && row.symbol !== only) return false;
  if (!row.symbol.toLowerCase().includes(filters.symbol.trim().toLowerCase())) return false;
  if (filters.side !== "" && row.side !== filters.side) return false;
  if (filters.status !== "" && row.status !== filters.status) return false;
  if (filters.liquidity !== "" && row.liquidity !== filters.liquidity) return false;
  return isWithin(row.created_at ?? row.timestamp ?? 0, filters);
}

function isWithin(at: number, { from, to }: Filters): boolean {
  const start = dateOf(from);
  const end = dateOf(to, 1);
  return (start === null || at >= start.getTime()) && (end === null || at < end.getTime());
}
