// What stands in the form of a withdrawal, and what it comes to.

import { useState } from "react";
import { useAssetScale } from "@/shared/market/assets";
import { wireDecimal } from "@/shared/numbers";
import { useAccount } from "@/shared/wire/account-store";
import { useRequestWithdrawal } from "./custody";
import { type AmountProblem, type Figures, figuresOf, fitsPattern, problemOf } from "./figures";
import type { Address, AssetTerms, WithdrawalTerms } from "./wire";

/** In place of an entry of the book: an address that is typed. */
export const ANOTHER = "another";

export interface WithdrawDraft {
  asset: string;
  /** An entry of the book, or `ANOTHER`; empty: there is nothing to choose from. */
  to: string;
  address: string;
  tag: string;
  amount: string;
}

/** The asset that the form begins with: the one that is asked for, else the first that is open and held. */
export function firstAsset(
  assets: readonly AssetTerms[],
  held: (asset: string) => boolean,
  wanted: string | null,
): string {
  const open = assets.filter((terms) => terms.open);
  const found =
    open.find(({ asset }) => asset === wanted) ?? open.find(({ asset }) => held(asset)) ?? open[0];
  return found?.asset ?? "";
}

/** Where the form's withdrawals of an asset go at first. */
export function firstDestination(addresses: readonly Address[], asset: string, bookOnly: boolean): string {
  const usable = addresses.find((entry) => entry.asset === asset && entry.is_usable);
  return usable?.address_id ?? (bookOnly ? "" : ANOTHER);
}

/** Whether the draft names where to. */
export function hasDestination({ to, address }: WithdrawDraft, terms: AssetTerms): boolean {
  if (to !== ANOTHER) return to !== "";
  return address.trim() !== "" && fitsPattern(address.trim(), terms.address_pattern);
}

export interface WithdrawForm {
  draft: WithdrawDraft;
  change: (changed: Partial<WithdrawDraft>) => void;
  chooseAsset: (asset: string) => void;
  terms: AssetTerms;
  figures: Figures;
  scale: number;
  problem: AmountProblem | null;
  isReady: boolean;
  request: ReturnType<typeof useRequestWithdrawal>;
  send: (event: React.FormEvent) => void;
}

interface Given {
  terms: WithdrawalTerms;
  addresses: readonly Address[];
  /** Of the page's address. */
  wanted: string | null;
  onAsked: (withdrawalId: string) => void;
}

/** The form's state. There is at least one asset. */
export function useWithdrawForm({ terms, addresses, wanted, onAsked }: Given): WithdrawForm {
  const balances = useAccount((account) => account.balances);
  const held = (asset: string) => /[1-9]/.test(balances.get(asset)?.available ?? "");
  const [typed, setTyped] = useState<WithdrawDraft | null>(null);
  const emptyOf = (asset: string): WithdrawDraft => {
    const to = firstDestination(addresses, asset, terms.book_only);
    return { asset, to, address: "", tag: "", amount: "" };
  };
  const draft = typed ?? emptyOf(firstAsset(terms.assets, held, wanted));
  const request = useRequestWithdrawal(onAsked);
  const change = (changed: Partial<WithdrawDraft>) => {
    setTyped({ ...draft, ...changed });
    request.reset();
  };
  const own = terms.assets.find(({ asset }) => asset === draft.asset) ?? terms.assets[0]!;
  const scale = useAssetScale()(own.asset);
  const figures = figuresOf(draft.amount, balances.get(own.asset)?.available ?? "0", own, scale);
  const problem = problemOf(draft.amount, figures);
  const isReady = figures.amount !== null && problem === null && own.open && hasDestination(draft, own);
  const send = (event: React.FormEvent) => {
    event.preventDefault();
    if (!isReady || figures.amount === null) return;
    request.mutate(wishOf(draft, wireDecimal(figures.amount, scale)));
  };
  const chooseAsset = (asset: string) => change(emptyOf(asset));
  return { draft, change, chooseAsset, terms: own, figures, scale, problem, isReady, request, send };
}

function wishOf({ asset, to, address, tag }: WithdrawDraft, amount: string) {
  const isTyped = to === ANOTHER;
  return {
    asset,
    amount,
    addressId: isTyped ? "" : to,
    address: isTyped ? address.trim() : "",
    tag: isTyped ? tag.trim() : "",
  };
}
