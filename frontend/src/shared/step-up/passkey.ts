// Passkeys of the browser, in the JSON of WebAuthn.

import { ApiFailure } from "@/shared/wire/api";

type Json = Record<string, unknown>;

/** The person or the browser refused, or there is no passkey here. */
export const PASSKEY_FAILED = "PASSKEY_FAILED";

export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential !== "undefined" && "parseRequestOptionsFromJSON" in PublicKeyCredential;
}

/** Make a passkey by the options of the exchange. Throws an ApiFailure. */
export function makePasskey(options: Json): Promise<Json> {
  return answerOf(() => {
    const json = options as unknown as PublicKeyCredentialCreationOptionsJSON;
    return navigator.credentials.create({
      publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(json),
    });
  });
}

/** Sign by a passkey. Throws an ApiFailure. */
export function signByPasskey(options: Json): Promise<Json> {
  return answerOf(() => {
    const json = options as unknown as PublicKeyCredentialRequestOptionsJSON;
    return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(json) });
  });
}

async function answerOf(ask: () => Promise<Credential | null>): Promise<Json> {
  try {
    return ((await ask()) as PublicKeyCredential).toJSON() as Json;
  } catch {
    throw new ApiFailure(PASSKEY_FAILED, 0);
  }
}
