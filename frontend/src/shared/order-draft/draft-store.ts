// What stands in the order form. The book and the chart write into it: `fillPrice`, `fillQuantity`.

import { create } from "zustand";
import type { Order } from "@/shared/wire/api";
import { type Draft, EMPTY_DRAFT, isAtMarket, type PriceField, type Side } from "./draft";
import type { Problem } from "./value-rules";

export type SelfTradePrevention = Order["stp"];

export interface DraftState extends Draft {
  /** Whose form this is: another symbol starts an empty one. */
  symbol: string | null;
  stp: SelfTradePrevention;
  /** The percent button last pressed, until the numbers change by hand. */
  percent: number | null;
  /** The price field a person was in last: where a price of the book goes. */
  priceField: PriceField;
  /** What the exchange refused about the order last sent, until the draft changes. */
  refusal: Problem | null;
  /** Whether a person has left a field or tried to send; problems of empty fields show only then. */
  touched: boolean;
  /** On a phone the form is a sheet. */
  sheetOpen: boolean;
  /** Another symbol: prices and quantities start empty, the rest stays as chosen. */
  start(symbol: string): void;
  change(change: Partial<Draft & Pick<DraftState, "stp" | "percent" | "priceField">>): void;
  setSide(side: Side): void;
  /** Take a price of the book or the chart (a wire decimal): into the price field a person was in, else into
   * the price of the order, which a market order gets by becoming a limit order. */
  fillPrice(price: string): void;
  /** Take a quantity of the book (a wire decimal). */
  fillQuantity(quantity: string): void;
  refuse(refusal: Problem | null): void;
  touch(): void;
  /** Empty the numbers; side, type and options stay. */
  clear(): void;
  setSheet(open: boolean): void;
}

/** A worst price belongs to its order like a size: left behind the fold it would bound the next one unseen. */
const NO_SIZES = { quantity: "", quoteAmount: "", displayQuantity: "", minQuantity: "", cap: "" };
const NUMBERS = {
  ...NO_SIZES,
  price: "",
  triggerPrice: "",
  trailPercent: "",
  trailOffset: "",
  pegOffset: "",
  stopLimitPrice: "",
  takeProfitPrice: "",
  stopPrice: "",
  percent: null,
  refusal: null,
  touched: false,
  priceField: "price" as const,
};

export const useDraft = create<DraftState>((set) => ({
  ...EMPTY_DRAFT,
  symbol: null,
  stp: "cancel_newest",
  sheetOpen: false,
  ...NUMBERS,
  start: (symbol) => set((form) => (form.symbol === symbol ? form : { ...NUMBERS, symbol })),
  change: (change) =>
    set({ percent: null, refusal: null, ...("kind" in change && { priceField: "price" }), ...change }),
  // What a bracket enters is a buy.
  setSide: (side) =>
    set(({ kind }) => ({
      side,
      kind: kind === "bracket" && side === "sell" ? "limit" : kind,
      percent: null,
      refusal: null,
      touched: false,
    })),
  fillPrice: (price) => set((form) => ({ ...filled(form, price), percent: null, refusal: null })),
  fillQuantity: (quantity) => set({ amountIn: "base", quantity, percent: null, refusal: null }),
  refuse: (refusal) => set({ refusal }),
  touch: () => set({ touched: true }),
  clear: () => set(NUMBERS),
  setSheet: (sheetOpen) => set({ sheetOpen }),
}));

function filled(form: DraftState, price: string): Partial<Draft> {
  if ((form.kind === "market" || form.kind === "market_to_limit") && form.priceField !== "cap")
    return { kind: "limit", price };
  if (form.priceField === "price" && isAtMarket(form))
    return form.kind === "bracket" ? { price, entryAt: "limit" } : { triggerPrice: price };
  return { [form.priceField]: price };
}

/** After an order was taken: prices stay for the next one, sizes and bounds must be chosen anew. */
export function forgetSizes(): void {
  useDraft.setState({ ...NO_SIZES, percent: null, refusal: null, touched: false, sheetOpen: false });
}
