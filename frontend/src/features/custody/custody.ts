// Money in and out as the exchange has it: what holds for the user, withdrawals, the address book, deposits.

import { keepPreviousData, useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { failureOf } from "@/shared/errors";
import { useAssets } from "@/shared/market/assets";
import { usePage } from "@/shared/page";
import { withProof } from "@/shared/step-up/step-up";
import { answer, api, queryClient } from "@/shared/wire/api";
import { useSentOnce } from "@/shared/wire/sent-once";
import { isOver } from "./telling";
import type { AssetTerms, WholeWithdrawal, Withdrawal } from "./wire";

/** The first name of every query here. */
const CUSTODY = "custody";
const PAGE_ROWS = 50;
/** While something is under way, it is looked for this often. */
const UNDER_WAY_MS = 5_000;
/** What ends or begins by time is looked for this often: a new address, the lock to the book. */
const WAITING_MS = 20_000;

/** Read everything here again: one act changes the limits, a list and a row. */
export function renewCustody(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: [CUSTODY] });
}

/** A mutation after which everything here is read again. */
function useAct<Given, Got>(act: (given: Given) => Promise<Got>, onDone?: (got: Got) => void) {
  return useMutation({ mutationFn: act, onSuccess: (got) => onDone?.(got), onSettled: renewCustody });
}

/** Fees, limits and what else holds for the user's withdrawals. Assets that are paid with come first. */
export function useTerms() {
  const order = useAssets();
  return useQuery({
    queryKey: [CUSTODY, "terms"],
    queryFn: () => answer(api.GET("/v1/withdrawals/terms")),
    select: (terms) => ({ ...terms, assets: inOrder(terms.assets, order) }),
    refetchInterval: ({ state }) => state.data?.book_only_ends_at != null && WAITING_MS,
  });
}

function inOrder(assets: readonly AssetTerms[], order: readonly string[]): AssetTerms[] {
  return assets.toSorted((one, other) => order.indexOf(one.asset) - order.indexOf(other.asset));
}

/** Withdrawals of the tab's account, newest first, page by page. */
export function useWithdrawals() {
  return useInfiniteQuery({
    queryKey: [CUSTODY, "withdrawals"],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE_ROWS, ...(pageParam && { cursor: pageParam }) };
      return answer(api.GET("/v1/withdrawals", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.withdrawals.some((row) => !isOver(row))) && UNDER_WAY_MS,
    staleTime: 0,
  });
}

/** One withdrawal with its steps, of whichever of the user's accounts: a letter's link is opened in any tab. */
export function useWithdrawal(withdrawalId: string) {
  const { account, accounts } = usePage();
  const others = accounts.map((each) => each.account).filter((each) => each !== account);
  return useQuery({
    queryKey: [CUSTODY, "withdrawal", withdrawalId],
    queryFn: () => findWithdrawal(withdrawalId, [account, ...others]),
    refetchInterval: ({ state }) => state.data !== undefined && !isOver(state.data) && UNDER_WAY_MS,
    staleTime: 0,
  });
}

/** Of the first account that has it. Exported for the tests. */
export async function findWithdrawal(
  withdrawalId: string,
  [account = "", ...others]: readonly string[],
): Promise<WholeWithdrawal> {
  const params = { ...pathOf(withdrawalId), ...headerOf(account) };
  try {
    return (await answer(api.GET("/v1/withdrawals/{withdrawal_id}", { params }))).withdrawal;
  } catch (error) {
    if (failureOf(error).code !== "WITHDRAWAL_NOT_FOUND" || others.length === 0) throw error;
    return findWithdrawal(withdrawalId, others);
  }
}

function pathOf(withdrawalId: string) {
  return { path: { withdrawal_id: withdrawalId } };
}

function headerOf(account: string) {
  return { header: { "X-Account": account } };
}

/** A withdrawal as the form has it. Either `addressId` or `address`. */
export interface WithdrawalWish {
  asset: string;
  amount: string;
  addressId: string;
  address: string;
  tag: string;
}

function bodyOf({ asset, amount, addressId, address, tag }: WithdrawalWish, id: string) {
  const to = addressId ? { address_id: addressId } : { address, ...(tag && { tag }) };
  return { asset, amount, ...to, client_withdrawal_id: id };
}

/** Asks for a withdrawal. While its outcome is not known the same one goes under the same id, so however often a
 * person sends it, it is one withdrawal. */
export function useRequestWithdrawal(onDone: (withdrawalId: string) => void) {
  const sent = useSentOnce();
  return useMutation({
    mutationFn: (wish: WithdrawalWish) => {
      const body = bodyOf(wish, sent.idOf(wish));
      return withProof(() => answer(api.POST("/v1/withdrawals", { body })));
    },
    onSuccess: ({ withdrawal }) => onDone(withdrawal.withdrawal_id),
    onSettled: async (_reply, error) => {
      sent.settled(error);
      await renewCustody();
    },
  });
}

export function useCancelWithdrawal(withdrawal: Withdrawal, onDone: () => void) {
  const params = { ...pathOf(withdrawal.withdrawal_id), ...headerOf(withdrawal.account) };
  return useAct(() => answer(api.POST("/v1/withdrawals/{withdrawal_id}/cancel", { params })), onDone);
}

export function useResendLetter(withdrawalId: string) {
  const params = pathOf(withdrawalId);
  return useAct(() => answer(api.POST("/v1/withdrawals/{withdrawal_id}/resend", { params })));
}

export function useConfirmWithdrawal(withdrawalId: string, key: string) {
  const call = { params: pathOf(withdrawalId), body: { key } };
  return useAct(() => answer(api.POST("/v1/withdrawals/{withdrawal_id}/confirm", call)));
}

/** The user's address book, newest first. */
export function useAddresses() {
  return useQuery({
    queryKey: [CUSTODY, "addresses"],
    queryFn: () => answer(api.GET("/v1/addresses")),
    refetchInterval: ({ state }) => state.data?.addresses.some((row) => !row.is_usable) && WAITING_MS,
    staleTime: 0,
  });
}

export interface NewAddress {
  asset: string;
  address: string;
  tag: string;
  label: string;
}

export function useAddAddress() {
  return useAct(({ tag, ...rest }: NewAddress) =>
    withProof(() => answer(api.POST("/v1/addresses", { body: { ...rest, ...(tag && { tag }) } }))),
  );
}

export function useRemoveAddress(addressId: string, onDone: () => void) {
  const params = { path: { address_id: addressId } };
  return useAct(() => answer(api.DELETE("/v1/addresses/{address_id}", { params })), onDone);
}

export function useConfirmAddress(addressId: string, key: string) {
  const call = { params: { path: { address_id: addressId } }, body: { key } };
  return useAct(() => answer(api.POST("/v1/addresses/{address_id}/confirm", call)));
}

/** Locks withdrawals to the book, or asks for the end of the lock. */
export function useSetLock(onDone: () => void) {
  return useAct(
    (bookOnly: boolean) =>
      withProof(() => answer(api.PUT("/v1/addresses/lock", { body: { book_only: bookOnly } }))),
    onDone,
  );
}

/** Deposits into the tab's account, newest first, page by page. */
export function useDeposits() {
  return useInfiniteQuery({
    queryKey: [CUSTODY, "deposits"],
    queryFn: ({ pageParam }) => {
      const query = { limit: PAGE_ROWS, ...(pageParam && { cursor: pageParam }) };
      return answer(api.GET("/v1/deposits", { params: { query } }));
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
    staleTime: 0,
  });
}

/** Where to send deposits of an asset. */
export function useDepositAddress(asset: string) {
  return useQuery({
    queryKey: [CUSTODY, "deposit-address", asset],
    queryFn: () => answer(api.GET("/v1/deposits/address", { params: { query: { asset } } })),
    enabled: asset !== "",
  });
}
