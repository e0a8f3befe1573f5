// The account's ledger, page by page, newest first.

import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { answer, api, type Schemas } from "@/shared/wire/api";
import { onFill, useAccount } from "@/shared/wire/account";
import { type Entry, type LedgerFilter, type LedgerQuery, queryOf } from "./ledger-filter";

const PAGE_ROWS = 100;
const EXPORT_ROWS = 500;
/** More pages of the newest entries than this are not read again at every change. */
const MOST_RENEWED = 3;

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
  useRenewal((result.data?.pages.length ?? 0) <= MOST_RENEWED);
  return result;
}

/** Read the newest entries again after own fills and changed balances, at most once a second. */
function useRenewal(isWanted: boolean): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!isWanted) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renew = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: ["ledger"] });
      }, 1_000);
    };
    const stops = [onFill(renew), useAccount.subscribe((now, before) => now.balances !== before.balances && renew())];
    return () => {
      clearTimeout(timer);
      stops.forEach((stop) => stop());
    };
  }, [client, isWanted]);
}

/** Every entry of a filter, however many pages. */
export async function readAll(filter: LedgerFilter): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Schemas["LedgerPage"] = await readPage({ ...queryOf(filter), limit: EXPORT_ROWS, ...(cursor && { cursor }) });
    entries.push(...page.entries);
    cursor = page.next_cursor;
  }
  return entries;
}
