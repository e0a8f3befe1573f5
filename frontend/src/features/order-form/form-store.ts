// What stands in the order form. The book and the chart write into it: `fillPrice`, `fillQuantity`.

import { create } from "zustand";
import { grouped } from "@/shared/numbers";
import type { Order } from "@/shared/wire/api";
import type { Draft, Problem, Side } from "./check";

export type SelfTradePrevention = Order["stp"];

export interface FormState extends Draft {
  /** Whose form this is: another symbol starts an empty one. */
  symbol: string | null;
  stp: SelfTradePrevention;
  /** The percent button last pressed, until the numbers change by hand. */
  percent: number | null;
  /** What the exchange refused about the order last sent, until the draft changes. */
  refusal: Problem | null;
  /** Fields a person has left or tried to send: only their problems are said. */
  touched: boolean;
  /** On a phone the form is a sheet. */
  sheetOpen: boolean;
  /** Another symbol: prices and quantities start empty, the rest stays as chosen. */
  start(symbol: string): void;
  change(change: Partial<Draft & Pick<FormState, "stp" | "percent">>): void;
  setSide(side: Side): void;
  /** Take a price of the book or the chart (a wire decimal) into a limit order. */
  fillPrice(price: string): void;
  /** Take a quantity of the book (a wire decimal). */
  fillQuantity(quantity: string): void;
  refuse(refusal: Problem | null): void;
  touch(): void;
  /** Empty the numbers; side, type and options stay. */
  clear(): void;
  setSheet(open: boolean): void;
}

const NUMBERS = { price: "", quantity: "", quoteAmount: "", percent: null, refusal: null, touched: false };

export const useOrderForm = create<FormState>((set) => ({
  symbol: null,
  side: "buy",
  kind: "limit",
  amountIn: "base",
  timeInForce: "gtc",
  postOnly: false,
  stp: "cancel_newest",
  sheetOpen: false,
  ...NUMBERS,
  start: (symbol) => set((form) => (form.symbol === symbol ? form : { ...NUMBERS, symbol })),
  change: (change) => set({ percent: null, refusal: null, ...change }),
  setSide: (side) => set({ side, percent: null, refusal: null, touched: false }),
  fillPrice: (price) => set({ kind: "limit", price: grouped(price), percent: null, refusal: null }),
  fillQuantity: (quantity) =>
    set({ amountIn: "base", quantity: grouped(quantity), percent: null, refusal: null }),
  refuse: (refusal) => set({ refusal }),
  touch: () => set({ touched: true }),
  clear: () => set(NUMBERS),
  setSheet: (sheetOpen) => set({ sheetOpen }),
}));
