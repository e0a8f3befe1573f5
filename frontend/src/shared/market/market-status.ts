// What a symbol's status means to a trader. Its texts stand in the translations under `marketStatus`; a status
// that this page has no text for yet gets a general one, and the exchange decides about orders.

import { useTranslation } from "react-i18next";
import type { SymbolTerms } from "@/shared/wire/types";

/** Ordinary trading: no banner. */
export const CONTINUOUS = "trading";

const REFUSES_ORDERS: ReadonlySet<string> = new Set(["halted", "cancel_only", "closed"]);

/** Whether the exchange takes new orders in a status. */
export function takesOrders(status: string): boolean {
  return !REFUSES_ORDERS.has(status);
}

const AUCTIONS: ReadonlySet<string> = new Set([
  "pre_open",
  "opening_auction",
  "closing_auction",
  "volatility_auction",
]);

/** Whether orders gather without trading: the book may be crossed. */
export function isAuction(status: string): boolean {
  return AUCTIONS.has(status);
}

/** `send`: what stands on the button that would send an order. */
type Place = "name" | "banner" | "help" | "send";

/** The texts for the status of a symbol. */
export function useStatusText({
  symbol,
  status,
}: Pick<SymbolTerms, "symbol" | "status">): (place: Place) => string {
  const { t } = useTranslation();
  return (place) => t([`marketStatus.${status}.${place}`, `marketStatus.other.${place}`], { symbol });
}
