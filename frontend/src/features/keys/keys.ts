// The user's API keys, as the exchange has them.

import { useMutation, useQuery } from "@tanstack/react-query";
import { withProof } from "@/shared/step-up/step-up";
import { answer, api, queryClient, type Schemas } from "@/shared/wire/api";

export type ApiKey = Schemas["ApiKey"];
export type NewKey = Schemas["NewApiKey"];
export type KeyRequest = Schemas["KeyRequest"];

export const SCOPES = ["read", "trade", "transfer", "withdraw"] as const;
export const KINDS = ["hmac", "ed25519"] as const;
/** Choices of how many days a key lasts; 0: for ever. */
export const LASTS_DAYS = [0, 30, 90, 365] as const;

const DAY_MS = 86_400_000;
const KEYS = ["keys"];

export type Scope = (typeof SCOPES)[number];

/** What the form holds. */
export interface KeyDraft {
  label: string;
  kind: (typeof KINDS)[number];
  scopes: readonly Scope[];
  /** The number of an account; empty: the tab's. */
  account: string;
  publicKey: string;
  addresses: string;
  lastsDays: number;
  /** Orders a second; empty: as many as the account. */
  orderRate: string;
}

export const EMPTY_DRAFT: KeyDraft = {
  label: "",
  kind: "hmac",
  scopes: ["read"],
  account: "",
  publicKey: "",
  addresses: "",
  lastsDays: 0,
  orderRate: "",
};

/** The request for what the form holds; `now` in milliseconds. */
export function requestOf(draft: KeyDraft, now: number): KeyRequest {
  const addresses = draft.addresses.split(/[\s,]+/).filter(Boolean);
  return {
    label: draft.label.trim(),
    kind: draft.kind,
    scopes: [...draft.scopes],
    ...(draft.kind === "ed25519" && { public_key: draft.publicKey.trim() }),
    ...(addresses.length > 0 && { addresses }),
    ...(draft.lastsDays > 0 && { expires_at: now + draft.lastsDays * DAY_MS }),
    ...(draft.account && { account: draft.account }),
    ...(draft.orderRate.trim() && { order_rate: Number(draft.orderRate) }),
  };
}

export function useKeys() {
  return useQuery({ queryKey: KEYS, queryFn: () => answer(api.GET("/api/v1/keys")), staleTime: 0 });
}

export function useCreateKey() {
  return useMutation({
    mutationFn: (draft: KeyDraft) =>
      withProof(() => answer(api.POST("/api/v1/keys", { body: requestOf(draft, Date.now()) }))),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: KEYS }),
  });
}

export function useRevokeKey(onDone: () => void) {
  return useMutation({
    mutationFn: (keyId: string) =>
      withProof(() => answer(api.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: keyId } } }))),
    onSuccess: onDone,
    onSettled: () => queryClient.invalidateQueries({ queryKey: KEYS }),
  });
}
