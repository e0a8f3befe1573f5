import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { usePage } from "@/shared/page";
import { useAccount } from "@/shared/wire/account-store";
import { answer, api, type Fill } from "@/shared/wire/api";
import type { Candle, SymbolTerms } from "@/shared/wire/types";
import { type FillMark, marksOf, mergeFills } from "./fill-marks";

/** The newest fills of the past that are marked; with those since, as they happen. */
const PAST = 500;
const NONE: readonly FillMark[] = [];

/** Marks of the own fills in a symbol. */
export function useOwnFills(terms: SymbolTerms, candles: readonly Candle[] | null): readonly FillMark[] {
  const { account } = usePage();
  const fresh = useAccount((state) => state.fills);
  const { data: past } = useQuery({
    queryKey: ["fills", "chart", terms.symbol],
    queryFn: () => newestFills(terms.symbol),
    enabled: account !== "",
  });
  return useMemo(() => {
    if (account === "" || !candles) return NONE;
    const own = fresh.filter((fill) => fill.symbol === terms.symbol);
    return marksOf(mergeFills(past ?? [], own), candles, terms);
  }, [account, candles, fresh, past, terms]);
}

async function newestFills(symbol: string): Promise<Fill[]> {
  const found = await answer(api.GET("/v1/fills", { params: { query: { symbol, limit: PAST } } }));
  return found.fills;
}
