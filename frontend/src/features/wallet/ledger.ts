// The account's ledger, page by page, newest first.

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answer, api } from "@/shared/wire/api";
import { useRenewal } from "@/shared/wire/use-renewal";
import { type LedgerFilter, type LedgerQuery, queryOf } from "./ledger-filter";

const PAGE_ROWS = 100;
/** More pages of the newest entries than this are not read again at every change. */
const MOST_RENEWED = 3;
const RENEWAL_MS = 1_000;
/** Sums are limited more than pages are. */
const TOTALS_RENEWAL_MS = 10_000;

function readPage(query: LedgerQuery & { cursor?: string; limit: number }) {
  return answer(api.GET("/v1/ledger", { params: { query } }));
}

/** The entries of a filter; more of them with `fetchNextPage`. Renewed when the account moves. */
export function useLedger(filter: LedgerFilter) {
  const result = useInfiniteQuery({
    queryKey: ["ledger", filter],
    queryFn: ({ pageParam }) =>
      readPage({ ...queryOf(filter), limit: PAGE_ROWS, ...(pageParam && { cursor: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  useRenewal("ledger", RENEWAL_MS, (result.data?.pages.length ?? 0) <= MOST_RENEWED);
  return result;
}

/** What all entries of a filter come to, by asset and type. Renewed when the account moves. */
export function useLedgerTotals(filter: LedgerFilter, enabled: boolean) {
  const result = useQuery({
    queryKey: ["ledger-totals", filter],
    queryFn: () => answer(api.GET("/v1/ledger/totals", { params: { query: queryOf(filter) } })),
    placeholderData: keepPreviousData,
    enabled,
  });
  useRenewal("ledger-totals", TOTALS_RENEWAL_MS, enabled);
  return result;
}
