import { describe, expect, it } from "vitest";
import { EMPTY_DRAFT, requestOf } from "./keys";

const draft = { ...EMPTY_DRAFT, label: " bot " };

describe("the request for a key", () => {
  it("leaves out what was not filled in", () => {
    expect(requestOf(draft, 0)).toEqual({ label: "bot", kind: "hmac", scopes: ["read"] });
  });
  it("takes addresses apart at spaces, commas and lines", () => {
    expect(requestOf({ ...draft, addresses: " 10.0.0.0/8,\n::1  1.2.3.4 " }, 0).addresses).toEqual([
      "10.0.0.0/8",
      "::1",
      "1.2.3.4",
    ]);
  });
  it("ends after so many days", () => {
    expect(requestOf({ ...draft, lastsDays: 30 }, 5).expires_at).toBe(30 * 86_400_000 + 5);
  });
  it("names an account and a rate where they are given", () => {
    const request = requestOf({ ...draft, account: "1044", orderRate: "50" }, 0);
    expect([request.account, request.order_rate]).toEqual(["1044", 50]);
  });
  it("has a public key only of its kind", () => {
    expect(requestOf({ ...draft, publicKey: " x " }, 0).public_key).toBeUndefined();
    expect(requestOf({ ...draft, kind: "ed25519", publicKey: " x " }, 0).public_key).toBe("x");
  });
});
