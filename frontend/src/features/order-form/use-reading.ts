import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { toUnits } from "@/shared/numbers";
import { isAtMarket } from "@/shared/order-draft/draft";
import { useDraft } from "@/shared/order-draft/draft-store";
import { usePage } from "@/shared/page";
import { useAccount } from "@/shared/wire/account-store";
import { answer, api } from "@/shared/wire/api";
import { useBook, useTrades } from "@/shared/wire/market-store";
import type { Level, SymbolTerms } from "@/shared/wire/types";
import type { PriceLevel } from "./book-walk";
import { MOST_LEVELS } from "./notices";
import type { Circumstances } from "./order-rules";
import { type Reading, readDraft } from "./read-draft";

/** The rates of the account that is logged in; those of the symbol for visitors and until they are known. */
function useFees(terms: SymbolTerms): { makerRate: string; takerRate: string } {
  const { username } = usePage();
  const { data } = useQuery({
    queryKey: ["fees"],
    queryFn: () => answer(api.GET("/v1/fees")),
    enabled: username !== "",
    staleTime: 5 * 60_000,
    // Tiers change once a day.
    refetchInterval: 5 * 60_000,
  });
  const own = data?.fees.find((entry) => entry.symbol === terms.symbol);
  const rates = own ?? terms;
  return { makerRate: rates.maker_fee_rate, takerRate: rates.taker_fee_rate };
}

/** Minor units available of the quote and the base asset; null while the balances are not known. */
export function useFunds(terms: SymbolTerms): { quote: bigint | null; base: bigint | null } {
  const known = useAccount((account) => account.balances.size > 0 || account.current);
  const quote = useAccount((account) => account.balances.get(terms.quote_asset)?.available ?? "0");
  const base = useAccount((account) => account.balances.get(terms.base_asset)?.available ?? "0");
  return {
    quote: known ? toUnits(quote, terms.quote_scale) : null,
    base: known ? toUnits(base, terms.base_scale) : null,
  };
}

export interface FormReading {
  around: Circumstances;
  reading: Reading;
}

/** The draft as it stands against the book, the balances and the rates of this moment. */
export function useReading(terms: SymbolTerms): FormReading {
  const form = useDraft();
  const book = useBook(terms.symbol, MOST_LEVELS);
  const funds = useFunds(terms);
  const { makerRate, takerRate } = useFees(terms);
  const available = form.side === "buy" ? funds.quote : funds.base;
  // A limit order looks at the best prices alone.
  const depth = isAtMarket(form) ? MOST_LEVELS : 1;
  const lastText = useTrades(terms.symbol)[0]?.price;
  return useMemo(() => {
    const bids = levelsOf(book.bids, depth, terms);
    const asks = levelsOf(book.asks, depth, terms);
    const last = lastText === undefined ? null : toUnits(lastText, terms.price_scale);
    const around = { terms, makerRate, takerRate, available, bids, asks, last };
    return { around, reading: readDraft(form, around) };
  }, [form, book, depth, terms, makerRate, takerRate, available, lastText]);
}

function levelsOf(levels: readonly Level[], depth: number, terms: SymbolTerms): PriceLevel[] {
  return levels
    .slice(0, depth)
    .map(([price, quantity]) => [toUnits(price, terms.price_scale), toUnits(quantity, terms.quantity_scale)]);
}
