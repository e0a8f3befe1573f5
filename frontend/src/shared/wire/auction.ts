// Where an auction would trade as its book stands: sent at least once a second while orders gather.

import { useEffect, useState } from "react";
import { isAuction } from "@/shared/market/market-status";
import { socket } from "./connection";
import type { Side, SymbolTerms } from "./types";

export interface Indication {
  /** Null where nothing would trade. */
  price: string | null;
  quantity: string;
  surplus_side: Side | null;
  surplus_quantity: string;
}

/** The indication of a symbol's auction; null outside of one, and before the first message. */
export function useIndication({ symbol, status }: Pick<SymbolTerms, "symbol" | "status">): Indication | null {
  const [indication, setIndication] = useState<Indication | null>(null);
  const gathers = isAuction(status);
  useEffect(() => {
    if (!gathers) return undefined;
    const stop = socket.follow("auction", symbol, {
      onMessage: (message) => setIndication(message as unknown as Indication),
      onStale: () => setIndication(null),
    });
    return () => {
      stop();
      setIndication(null);
    };
  }, [symbol, gathers]);
  return indication;
}
