// What an owner does with accounts: open, name, freeze, and move money between them.

import { useMutation, useQuery } from "@tanstack/react-query";
import { useRef } from "react";
import { failureOf } from "@/shared/errors";
import { answer, api, queryClient, type Schemas } from "@/shared/wire/api";
import { type OwnAccount, renewAccounts } from "@/shared/wire/own-accounts";
import { newClientOrderId } from "@/shared/wire/trading";
import { newestFirst } from "./entries";

type Change = Schemas["AccountChange"];

/** Entries of the list of transfers. */
const LAST = 20;
const KINDS = ["transfer_out", "transfer_in"] as const;

export function useOpenAccount(onDone: () => void) {
  return useMutation({
    mutationFn: (name: string) => answer(api.POST("/v1/accounts", { body: { name } })),
    onSuccess: onDone,
    onSettled: renewAccounts,
  });
}

export function useChangeAccount(onDone: () => void = () => undefined) {
  return useMutation({
    mutationFn: ({ account, change }: { account: OwnAccount; change: Change }) =>
      answer(
        api.PATCH("/v1/accounts/{account}", {
          params: { path: { account: account.account } },
          body: change,
        }),
      ),
    onSuccess: onDone,
    onSettled: renewAccounts,
  });
}

/** What an account of the user's holds. */
export function useBalancesOf(account: string) {
  return useQuery({
    queryKey: ["balances", account],
    queryFn: () => answer(api.GET("/v1/balances", { params: { header: { "X-Account": account } } })),
    staleTime: 0,
  });
}

/** A transfer as the form has it. */
export interface TransferDraft {
  from: string;
  to: string;
  asset: string;
  amount: string;
}

/** Sends a transfer. While its outcome is not known the same one goes under the same id, so however often a person
 * sends it, it moves the amount once. */
export function useTransfer(onDone: () => void) {
  const open = useRef<{ draft: string; id: string } | null>(null);
  return useMutation({
    mutationFn: (wanted: TransferDraft) => {
      const draft = JSON.stringify(wanted);
      if (open.current?.draft !== draft) open.current = { draft, id: newClientOrderId() };
      const body = { ...wanted, client_transfer_id: open.current.id };
      return answer(api.POST("/v1/transfer", { body }));
    },
    onSuccess: onDone,
    onSettled: async (_reply, error) => {
      if (error === null || failureOf(error).code !== "OUTCOME_UNKNOWN") open.current = null;
      await queryClient.invalidateQueries({ queryKey: ["balances"] });
      await queryClient.invalidateQueries({ queryKey: ["transfers"] });
    },
  });
}

/** The last transfers out of an account and into it, newest first. */
export function useLastTransfers(account: string) {
  return useQuery({
    queryKey: ["transfers", account],
    queryFn: async () => {
      const header = { "X-Account": account };
      const pages = await Promise.all(
        KINDS.map((type) =>
          answer(api.GET("/v1/ledger", { params: { header, query: { type, limit: LAST } } })),
        ),
      );
      return newestFirst(pages.flatMap(({ entries }) => entries)).slice(0, LAST);
    },
    staleTime: 0,
  });
}
