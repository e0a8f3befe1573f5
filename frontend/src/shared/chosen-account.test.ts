import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { chooseAccount, chosenAccount } from "./chosen-account";

const ACCOUNTS = [{ account: "1001" }, { account: "1010" }];

describe("the account of a tab", () => {
  const store = new Map<string, string>();
  beforeEach(() => {
    store.clear();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, value: string) => store.set(key, value),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  it("is the main one until another is chosen", () => {
    expect(chosenAccount("1001", ACCOUNTS)).toBe("1001");
    chooseAccount("1001", "1010");
    expect(chosenAccount("1001", ACCOUNTS)).toBe("1010");
    chooseAccount("1001", "1001");
    expect(chosenAccount("1001", ACCOUNTS)).toBe("1001");
  });

  it("is not what another user chose in the same tab", () => {
    chooseAccount("1001", "1010");
    expect(chosenAccount("1002", [{ account: "1002" }, { account: "1010" }])).toBe("1002");
    expect(chosenAccount("", [])).toBe("");
  });

  it("is not one that is not there any more", () => {
    chooseAccount("1001", "1099");
    expect(chosenAccount("1001", ACCOUNTS)).toBe("1001");
  });

  it("is the main one in a browser without storage", () => {
    vi.stubGlobal("sessionStorage", undefined);
    expect(chosenAccount("1001", ACCOUNTS)).toBe("1001");
  });
});
