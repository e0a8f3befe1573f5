// Where an auction would trade as its book stands: published at least once a second while orders gather.

import { useQuery } from "@tanstack/react-query";
import { isAuction } from "../market-status";
import { answer, api, type Schemas } from "./api";
import type { SymbolSpec } from "./types";

export type Indication = Schemas["Auction"];

/** As often as the exchange computes it anew. */
const EVERY_MS = 1_000;

/** The indication of a symbol's auction; null outside of one, and until the first answer. */
export function useIndication({ symbol, status }: Pick<SymbolSpec, "symbol" | "status">): Indication | null {
  const { data } = useQuery({
    queryKey: ["auction", symbol],
    queryFn: () => answer(api.GET("/api/v1/auction/{symbol}", { params: { path: { symbol } } })),
    enabled: isAuction(status),
    refetchInterval: EVERY_MS,
    staleTime: 0,
  });
  return isAuction(status) ? (data ?? null) : null;
}
