// The past of the account: pages of the REST API, with what happened since merged in from the feeds.

import { type InfiniteData, keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { dateOf } from "@/shared/days";
import { useAccount } from "@/shared/wire/account-store";
import { answer, api, type Fill, type Order } from "@/shared/wire/api";
import type { Page } from "@/shared/wire/pages";
import type { Filters } from "./view-store";

const PAGE = 100;
/** Most rows will not pass a text that means several markets: larger steps. */
const SEARCH_PAGE = 500;

/** What the exchange itself looks for. */
export interface HistoryQuery {
  symbol?: string;
  start?: number;
  end?: number;
  side?: "buy" | "sell";
  /** Of orders. */
  status?: "filled" | "canceled" | "expired";
  /** Of fills. */
  liquidity?: "maker" | "taker" | "auction";
  limit: number;
}

export interface History<Row> {
  rows: readonly Row[];
  loading: boolean;
  failed: boolean;
  /** Whether a page is on its way. */
  fetching: boolean;
  /** Fetch the next older page; nothing while one is on its way, and where there is none. */
  more: (() => void) | undefined;
  /** Whether there are older rows. */
  hasMore: boolean;
  retry: () => void;
}

/** The part of the filters that the exchange answers. A typed symbol counts once it means one market. */
export function queryOf(filters: Filters, only: string | null, symbols: readonly string[]): HistoryQuery {
  const symbol = only ?? meantSymbol(filters.symbol, symbols);
  const start = dateOf(filters.from)?.getTime();
  const end = dateOf(filters.to, 1)?.getTime();
  const { side, status, liquidity } = filters;
  return {
    ...(symbol !== null && { symbol }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
    ...(side !== "" && { side }),
    ...(isFinal(status) && { status }),
    ...(liquidity !== "" && { liquidity }),
    limit: filters.symbol.trim() !== "" && symbol === null ? SEARCH_PAGE : PAGE,
  };
}

function isFinal(status: string): status is "filled" | "canceled" | "expired" {
  return ["filled", "canceled", "expired"].includes(status);
}

/** The same without what is of a page: for sums and files. */
export function filtersOf({ limit: _, ...filters }: HistoryQuery): Omit<HistoryQuery, "limit"> {
  return filters;
}

/** Whether the filters leave out rows that the exchange has sent: then many may pass unseen. */
export function isSearch(query: HistoryQuery): boolean {
  return query.limit === SEARCH_PAGE;
}

/** The one market that a typed text is, or is part of; null for none or several. */
function meantSymbol(text: string, symbols: readonly string[]): string | null {
  const typed = text.trim().toUpperCase();
  if (typed === "") return null;
  if (symbols.includes(typed)) return typed;
  const found = symbols.filter((symbol) => symbol.toUpperCase().includes(typed));
  return found.length === 1 ? found[0]! : null;
}

/** Finished orders, newest first. */
export function useOrderHistory(query: HistoryQuery, enabled: boolean): History<Order> {
  const live = useAccount((account) => account.finished);
  return useHistory("orders", query, enabled, fetchOrders, live, orderKey);
}

/** Own sides of trades, newest first. */
export function useFills(query: HistoryQuery, enabled: boolean): History<Fill> {
  const live = useAccount((account) => account.fills);
  return useHistory("fills", query, enabled, fetchFills, live, fillKey);
}

function orderKey(order: Order): string {
  return order.order_id;
}

/** Both sides of a trade may be one's own. */
function fillKey(fill: Fill): string {
  return `${fill.trade_id} ${fill.order_id}`;
}

type FetchPage<Row> = (query: HistoryQuery, cursor: string | null) => Promise<Page<Row>>;

export async function fetchOrders(query: HistoryQuery, cursor: string | null): Promise<Page<Order>> {
  const asked = { status: "closed" as const, ...query, ...(cursor && { cursor }) };
  const page = await answer(api.GET("/v1/orders", { params: { query: asked } }));
  return { rows: page.orders, next: page.next_cursor };
}

export async function fetchFills(query: HistoryQuery, cursor: string | null): Promise<Page<Fill>> {
  const asked = { ...query, ...(cursor && { cursor }) };
  const page = await answer(api.GET("/v1/fills", { params: { query: asked } }));
  return { rows: page.fills, next: page.next_cursor };
}

function useHistory<Row>(
  what: string,
  asked: HistoryQuery,
  enabled: boolean,
  fetchPage: FetchPage<Row>,
  live: readonly Row[],
  keyOf: (row: Row) => string,
): History<Row> {
  const query = useInfiniteQuery<Page<Row>, Error, InfiniteData<Page<Row>>, unknown[], string | null>({
    queryKey: ["history", what, asked],
    queryFn: ({ pageParam }) => fetchPage(asked, pageParam),
    initialPageParam: null,
    getNextPageParam: (page) => page.next,
    enabled,
    placeholderData: keepPreviousData,
    // What happens later comes from the feeds; opening the tab again asks once more.
    staleTime: 0,
  });
  const rows = useMemo(
    () => merged(live, query.data?.pages.flatMap((page) => page.rows) ?? [], keyOf),
    [query.data, live, keyOf],
  );
  const hasMore = query.hasNextPage && !query.isPlaceholderData;
  const isFree = !query.isFetchingNextPage && !query.isFetchNextPageError;
  return {
    rows,
    loading: query.isPending && enabled,
    failed: query.isError,
    fetching: query.isFetching,
    more: hasMore && isFree ? () => void query.fetchNextPage() : undefined,
    hasMore,
    retry: () => void (query.isFetchNextPageError ? query.fetchNextPage() : query.refetch()),
  };
}

/** Live rows before past ones, each once; the live one is the newer truth. */
export function merged<Row>(live: readonly Row[], past: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const seen = new Set(live.map(keyOf));
  return [...live, ...past.filter((row) => !seen.has(keyOf(row)))];
}
