import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { onFill, useAccount } from "./account-store";

/** Read the queries of a name again after own fills and changed balances, at most once in `pauseMs`. */
export function useRenewal(name: string, pauseMs: number, enabled = true): void {
  const client = useQueryClient();
  useEffect(() => {
    if (!enabled) return undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const renew = () => {
      timer ??= setTimeout(() => {
        timer = undefined;
        void client.invalidateQueries({ queryKey: [name] });
      }, pauseMs);
    };
    const stopFills = onFill(renew);
    const stopBalances = useAccount.subscribe((now, before) => {
      if (now.balances !== before.balances) renew();
    });
    return () => {
      clearTimeout(timer);
      stopFills();
      stopBalances();
    };
  }, [client, name, pauseMs, enabled]);
}
