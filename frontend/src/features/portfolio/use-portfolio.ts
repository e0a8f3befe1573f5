import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { answer, api, type Schemas } from "@/shared/wire/api";
import { useAccount } from "@/shared/wire/account";
import { useStatistics } from "@/shared/wire/store";
import { useSymbols } from "@/shared/wire/symbols";
import { type CurrencyPortfolio, revalue } from "./revalue";

export type Range = Schemas["Portfolio"]["range"];
export const RANGES: readonly Range[] = ["1d", "1w", "1m", "3m", "1y", "all"];

/** Wire money has this many decimals. */
const MONEY_SCALE = 8;
/** Changes of the account within this time are read together. */
const GATHER_MS = 1_500;

export interface LivePortfolio {
  parts: readonly CurrencyPortfolio[];
  error: unknown;
  isPending: boolean;
}

/** The portfolio: positions as the exchange folded them, valued at each new price. */
export function usePortfolio(range: Range): LivePortfolio {
  const { data, error, isPending } = useQuery({
    queryKey: ["portfolio", range],
    queryFn: () => answer(api.GET("/v1/portfolio", { params: { query: { range } } })),
    placeholderData: keepPreviousData,
  });
  useRenewal();
  const symbols = useSymbols();
  const names = useMemo(() => (symbols ?? []).map((spec) => spec.symbol), [symbols]);
  const statistics = useStatistics(names);
  const parts = useMemo(() => {
    const priceOf = (symbol: string) => {
      const spec = symbols?.find((entry) => entry.symbol === symbol);
      const last = statistics.get(symbol)?.last_price;
      return spec && last ? { spec, last } : undefined;
    };
    return (data?.currencies ?? []).map((part) => revalue(part, MONEY_SCALE, priceOf));
  }, [data, symbols, statistics]);
  return { parts, error, isPending };
}

/** Read the positions again when balances change: after a trade, a deposit, a withdrawal. */
function useRenewal(): void {
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = useAccount.subscribe((now, before) => {
      if (now.balances === before.balances) return;
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: ["portfolio"] });
      }, GATHER_MS);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [client]);
}
