// The past of the account: pages of the REST API, with what happened since merged in from the feeds.

import { type InfiniteData, useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useAccount } from "@/shared/wire/account";
import { answer, api, type Fill, type Order } from "@/shared/wire/api";

const PAGE = 100;

interface Page<Row> {
  rows: Row[];
  next: string | null;
}

export interface History<Row> {
  rows: readonly Row[];
  loading: boolean;
  failed: boolean;
  /** Fetch the next older page, if there is one. */
  more: (() => void) | undefined;
  retry: () => void;
}

/** Finished orders, newest first. `symbol` null: of every market. */
export function useOrderHistory(symbol: string | null, enabled: boolean): History<Order> {
  const live = useAccount((account) => account.finished);
  return useHistory("orders", symbol, enabled, fetchOrders, live, (order) => order.order_id);
}

/** Own sides of trades, newest first. */
export function useFills(symbol: string | null, enabled: boolean): History<Fill> {
  const live = useAccount((account) => account.fills);
  return useHistory("fills", symbol, enabled, fetchFills, live, (fill) => `${fill.trade_id} ${fill.order_id}`);
}

async function fetchOrders(symbol: string | null, cursor: string | null): Promise<Page<Order>> {
  const query = { status: "closed" as const, limit: PAGE, ...(symbol && { symbol }), ...(cursor && { cursor }) };
  const page = await answer(api.GET("/v1/orders", { params: { query } }));
  return { rows: page.orders, next: page.next_cursor };
}

async function fetchFills(symbol: string | null, cursor: string | null): Promise<Page<Fill>> {
  const query = { limit: PAGE, ...(symbol && { symbol }), ...(cursor && { cursor }) };
  const page = await answer(api.GET("/v1/fills", { params: { query } }));
  return { rows: page.fills, next: page.next_cursor };
}

function useHistory<Row extends { symbol: string }>(
  what: string,
  symbol: string | null,
  enabled: boolean,
  fetchPage: (symbol: string | null, cursor: string | null) => Promise<Page<Row>>,
  live: readonly Row[],
  keyOf: (row: Row) => string,
): History<Row> {
  const query = useInfiniteQuery<Page<Row>, Error, InfiniteData<Page<Row>>, unknown[], string | null>({
    queryKey: ["history", what, symbol],
    queryFn: ({ pageParam }) => fetchPage(symbol, pageParam),
    initialPageParam: null,
    getNextPageParam: (page) => page.next,
    enabled,
    // What happens later comes from the feeds; opening the tab again asks once more.
    staleTime: 0,
  });
  const rows = useMemo(() => {
    const past = query.data?.pages.flatMap((page) => page.rows) ?? [];
    const since = symbol === null ? live : live.filter((row) => row.symbol === symbol);
    return merged(since, past, keyOf);
    // The key is a pure function of the row.
  }, [query.data, live, symbol]);
  const more = query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined;
  return { rows, loading: query.isPending && enabled, failed: query.isError, more, retry: () => void query.refetch() };
}

/** Live rows before past ones, each once; the live one is the newer truth. */
export function merged<Row>(live: readonly Row[], past: readonly Row[], keyOf: (row: Row) => string): Row[] {
  const seen = new Set(live.map(keyOf));
  return [...live, ...past.filter((row) => !seen.has(keyOf(row)))];
}

const MOST_ROWS = 10_000;

/** Everything there is, for a file; the newest 10,000 rows at most. */
export async function fetchAll<Row>(
  fetchPage: (symbol: string | null, cursor: string | null) => Promise<Page<Row>>,
  symbol: string | null,
): Promise<Row[]> {
  const rows: Row[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Row> = await fetchPage(symbol, cursor);
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor !== null && rows.length < MOST_ROWS);
  return rows;
}

export { fetchFills, fetchOrders };
