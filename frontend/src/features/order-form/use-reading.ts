import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";
import { toUnits } from "@/shared/numbers";
import { usePage } from "@/shared/page";
import { useAccount } from "@/shared/wire/account";
import { answer, api } from "@/shared/wire/api";
import { useBook, useTrades } from "@/shared/wire/store";
import type { Level, SymbolSpec } from "@/shared/wire/types";
import { MOST_LEVELS, type Reading, readDraft } from "./check";
import { isAtMarket } from "./draft";
import { useOrderForm } from "./form-store";
import type { PriceLevel } from "./maths";
import type { Circumstances } from "./rules";

/** The rates of the account that is logged in; those of the symbol for visitors and until they are known. */
export function useFees(spec: SymbolSpec): { makerRate: string; takerRate: string } {
  const { username } = usePage();
  const { data } = useQuery({
    queryKey: ["fees"],
    queryFn: () => answer(api.GET("/v1/fees")),
    enabled: username !== "",
    staleTime: 5 * 60_000,
  });
  const own = data?.fees.find((entry) => entry.symbol === spec.symbol);
  const rates = own ?? spec;
  return { makerRate: rates.maker_fee_rate, takerRate: rates.taker_fee_rate };
}

/** Minor units available of the quote and the base asset; null while the balances are not known. */
export function useFunds(spec: SymbolSpec): { quote: bigint | null; base: bigint | null } {
  const known = useAccount((account) => account.balances.size > 0 || account.current);
  const quote = useAccount((account) => account.balances.get(spec.quote_asset)?.available ?? "0");
  const base = useAccount((account) => account.balances.get(spec.base_asset)?.available ?? "0");
  return {
    quote: known ? toUnits(quote, spec.quote_scale) : null,
    base: known ? toUnits(base, spec.base_scale) : null,
  };
}

export interface FormReading {
  around: Circumstances;
  reading: Reading;
}

/** The draft as it stands against the book, the balances and the rates of this moment. */
export function useReading(spec: SymbolSpec): FormReading {
  const form = useOrderForm();
  const book = useBook(spec.symbol, MOST_LEVELS);
  const funds = useFunds(spec);
  const { makerRate, takerRate } = useFees(spec);
  const available = form.side === "buy" ? funds.quote : funds.base;
  // A limit order looks at the best prices alone.
  const depth = isAtMarket(form) ? MOST_LEVELS : 1;
  const lastText = useTrades(spec.symbol)[0]?.price;
  return useMemo(() => {
    const bids = levelsOf(book.bids, depth, spec);
    const asks = levelsOf(book.asks, depth, spec);
    const last = lastText === undefined ? null : toUnits(lastText, spec.price_scale);
    const around = { spec, makerRate, takerRate, available, bids, asks, last };
    return { around, reading: readDraft(form, around) };
  }, [form, book, depth, spec, makerRate, takerRate, available, lastText]);
}

function levelsOf(levels: readonly Level[], depth: number, spec: SymbolSpec): PriceLevel[] {
  return levels
    .slice(0, depth)
    .map(([price, quantity]) => [toUnits(price, spec.price_scale), toUnits(quantity, spec.quantity_scale)]);
}
