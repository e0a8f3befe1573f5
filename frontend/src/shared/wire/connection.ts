// The page's one connection to the exchange.

import { useSyncExternalStore } from "react";
import { type ConnectionStatus, ExchangeSocket } from "./socket";

const scheme = location.protocol === "https:" ? "wss" : "ws";
export const socket = new ExchangeSocket(`${scheme}://${location.host}/ws`);

export function useConnection(): ConnectionStatus {
  return useSyncExternalStore(
    (listener) => socket.onStatus(listener),
    () => socket.status,
  );
}
