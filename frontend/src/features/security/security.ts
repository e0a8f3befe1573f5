// The user's own security, as the exchange has it: second factor, open log-ins, what has happened.

import { useMutation, useQuery } from "@tanstack/react-query";
import { makePasskey } from "@/shared/step-up/passkey";
import { withProof } from "@/shared/step-up/step-up";
import { answer, api, queryClient, type Schemas } from "@/shared/wire/api";

export type SecondFactor = Schemas["SecondFactor"];
export type Passkey = Schemas["Passkey"];
export type Session = Schemas["Session"];
export type Act = Schemas["SecurityAct"];
export type NewTotp = Schemas["NewTotp"];

const SECURITY = "security";

/** Whatever changes here is also an act of security, and may be one of the others. */
function refresh(): Promise<void> {
  return queryClient.invalidateQueries({ queryKey: [SECURITY] });
}

export function useSecondFactor() {
  return useQuery({
    queryKey: [SECURITY, "factor"],
    queryFn: () => answer(api.GET("/api/v1/mfa")),
    staleTime: 0,
  });
}

export function useSessions() {
  return useQuery({
    queryKey: [SECURITY, "sessions"],
    queryFn: () => answer(api.GET("/api/v1/sessions")),
    staleTime: 0,
  });
}

export function useActs() {
  return useQuery({
    queryKey: [SECURITY, "acts"],
    queryFn: () => answer(api.GET("/api/v1/security-acts")),
    staleTime: 0,
  });
}

/** A mutation after which everything here is read again. */
function useAct<Given, Got>(act: (given: Given) => Promise<Got>, onDone?: (got: Got) => void) {
  return useMutation({ mutationFn: act, onSuccess: (got) => onDone?.(got), onSettled: refresh });
}

export function useBeginTotp(onDone: (made: NewTotp) => void) {
  return useAct(() => withProof(() => answer(api.POST("/api/v1/mfa/totp"))), onDone);
}

export function useConfirmTotp() {
  return useAct((code: string) => answer(api.POST("/api/v1/mfa/totp/confirm", { body: { code } })));
}

export function useRemoveTotp(onDone: () => void) {
  return useAct(() => withProof(() => answer(api.DELETE("/api/v1/mfa/totp"))), onDone);
}

export function useRenewCodes() {
  return useAct(() => withProof(() => answer(api.POST("/api/v1/mfa/recovery-codes"))));
}

/** A passkey from the browser to the exchange, under a name. */
export function useAddPasskey() {
  return useAct(async (name: string) => {
    const begun = await withProof(() => answer(api.POST("/api/v1/mfa/passkeys/options")));
    const credential = await makePasskey(begun.public_key);
    return answer(api.POST("/api/v1/mfa/passkeys", { body: { name: name.trim(), credential } }));
  });
}

export function useRenamePasskey(passkeyId: string, onDone: () => void) {
  const params = { path: { passkey_id: passkeyId } };
  return useAct(
    (name: string) => answer(api.PATCH("/api/v1/mfa/passkeys/{passkey_id}", { params, body: { name } })),
    onDone,
  );
}

export function useRemovePasskey(passkeyId: string, onDone: () => void) {
  const params = { path: { passkey_id: passkeyId } };
  return useAct(
    () => withProof(() => answer(api.DELETE("/api/v1/mfa/passkeys/{passkey_id}", { params }))),
    onDone,
  );
}

export function useRevokeSession() {
  return useAct((session_id: string) =>
    answer(api.DELETE("/api/v1/sessions/{session_id}", { params: { path: { session_id } } })),
  );
}

export function useRevokeOthers(onDone: () => void) {
  return useAct(() => answer(api.POST("/api/v1/sessions/revoke-others")), onDone);
}
