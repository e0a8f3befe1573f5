import { afterEach, describe, expect, it, vi } from "vitest";

const asked = vi.hoisted(() => {
  const calls: string[] = [];
  /** Whose the withdrawal is. */
  const its = { account: "1002", refusal: "WITHDRAWAL_NOT_FOUND" };
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("navigator", { language: "en" });
  vi.stubGlobal(
    "Request",
    class extends Request {
      constructor(address: string | Request, options?: RequestInit) {
        super(typeof address === "string" ? new URL(address, "http://localhost") : address, options);
      }
    },
  );
  vi.stubGlobal("fetch", async (request: Request) => {
    const account = request.headers.get("X-Account") ?? "";
    calls.push(account);
    if (account === its.account) return Response.json({ withdrawal: { withdrawal_id: "7", account } });
    return Response.json({ error: its.refusal }, { status: 404 });
  });
  return { calls, its };
});

const { findWithdrawal } = await import("./custody");

afterEach(() => {
  asked.calls.length = 0;
  asked.its.refusal = "WITHDRAWAL_NOT_FOUND";
});

describe("a letter's withdrawal", () => {
  it("is found in whichever account of the user's it is", async () => {
    expect((await findWithdrawal("7", ["1001", "1002", "1003"])).account).toBe("1002");
    expect(asked.calls).toEqual(["1001", "1002"]);
  });
  it("is not there when no account has it", async () => {
    await expect(findWithdrawal("7", ["1001", "1003"])).rejects.toMatchObject({
      code: "WITHDRAWAL_NOT_FOUND",
    });
    expect(asked.calls).toEqual(["1001", "1003"]);
  });
  it("is asked for no further after another refusal", async () => {
    asked.its.refusal = "RATE_LIMITED";
    await expect(findWithdrawal("7", ["1001", "1002"])).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(asked.calls).toEqual(["1001"]);
  });
});
