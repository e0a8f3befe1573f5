import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { answer, api, type Schemas } from "@/shared/wire/api";
import { useTickers } from "@/shared/wire/market-store";
import { useSymbols } from "@/shared/wire/symbols";
import { useRenewal } from "@/shared/wire/use-renewal";
import { type CurrencyPortfolio, revalue } from "./revalue";
import { richest } from "./richest";

export type Range = Schemas["Portfolio"]["range"];
export const RANGES: readonly Range[] = ["1d", "1w", "1m", "3m", "1y", "all"];

/** Wire money has this many decimals. */
const MONEY_SCALE = 8;
/** Changes of the account within this time are read together. */
const GATHER_MS = 1_500;

export interface LivePortfolio {
  parts: readonly CurrencyPortfolio[];
  /** The currency that holds the most; it stays the one it was when the page was opened. */
  first: string | null;
  error: unknown;
  isPending: boolean;
}

/** The portfolio: positions as the exchange folded them, valued at each new price. `currency`: everything
 * converted to it; null: each asset in its own. `isOverAll`: of all the user's accounts, not the tab's alone. */
export function usePortfolio(range: Range, currency: string | null, isOverAll: boolean): LivePortfolio {
  const { data, error, isPending } = useQuery({
    queryKey: ["portfolio", range, currency, isOverAll],
    queryFn: () => {
      const query = { range, ...(currency && { currency }), ...(isOverAll && { accounts: "all" as const }) };
      return answer(api.GET("/v1/portfolio", { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
  useRenewal("portfolio", GATHER_MS);
  const symbols = useSymbols();
  const names = useMemo(() => (symbols ?? []).map((terms) => terms.symbol), [symbols]);
  const tickers = useTickers(names);
  const parts = useMemo(() => {
    const priceOf = (symbol: string) => {
      const terms = symbols?.find((entry) => entry.symbol === symbol);
      const last = tickers.get(symbol)?.last_price;
      return terms && last ? { terms, last } : undefined;
    };
    return (data?.currencies ?? []).map((part) => revalue(part, MONEY_SCALE, priceOf));
  }, [data, symbols, tickers]);
  const [first, setFirst] = useState<string | null>(null);
  const isKnown = symbols !== null && tickers.size > 0;
  if (first === null && parts.length > 0 && isKnown) {
    const lastOf = (symbol: string) => tickers.get(symbol)?.last_price;
    setFirst(richest(parts, symbols, lastOf)?.currency ?? null);
  }
  return { parts, first, error, isPending: isPending || (!isKnown && parts.length > 1) };
}
