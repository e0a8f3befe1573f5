// What an owner does with accounts: open, name, freeze, and move money between them.

import { useMutation, useQuery } from "@tanstack/react-query";
import { answer, api, queryClient, type Schemas } from "@/shared/wire/api";
import { type OwnAccount, renewAccounts } from "@/shared/wire/own-accounts";
import { useSentOnce } from "@/shared/wire/sent-once";
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
  const sent = useSentOnce();
  return useMutation({
    mutationFn: (wanted: TransferDraft) => {
      const body = { ...wanted, client_transfer_id: sent.idOf(wanted) };
      return answer(api.POST("/v1/transfer", { body }));
    },
    onSuccess: onDone,
    onSettled: async (_reply, error) => {
      sent.settled(error);
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
