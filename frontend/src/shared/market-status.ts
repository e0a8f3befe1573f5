// What a symbol's status means to a trader. Words stand in the translations under `marketStatus`; a status
// that this page has no words for yet is told in general ones, and the exchange decides about orders.

import { useTranslation } from "react-i18next";
import type { SymbolSpec } from "./wire/types";

/** Ordinary trading: nothing needs to be said. */
export const CONTINUOUS = "trading";

const REFUSES_ORDERS: ReadonlySet<string> = new Set(["halted", "cancel_only", "closed"]);

/** Whether the exchange takes new orders in a status. */
export function takesOrders(status: string): boolean {
  return !REFUSES_ORDERS.has(status);
}

const AUCTIONS: ReadonlySet<string> = new Set(["pre_open", "opening_auction", "closing_auction", "volatility_auction"]);

/** Whether orders gather without trading: the book may be crossed. */
export function isAuction(status: string): boolean {
  return AUCTIONS.has(status);
}

/** `send`: what stands on the button that would send an order. */
type Said = "name" | "banner" | "help" | "send";

/** The words for the status of a symbol. */
export function useStatusText({ symbol, status }: Pick<SymbolSpec, "symbol" | "status">): (said: Said) => string {
  const { t } = useTranslation();
  return (said) => t([`marketStatus.${status}.${said}`, `marketStatus.other.${said}`], { symbol });
}
