import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { VISITOR as NOBODY, type Page } from "@/shared/page";
import { type ApiFailure, answer, api } from "./api";
import { actFor, isOwnAccount, useOwnUser, watchUser } from "./own-user";
import { ExchangeSocket } from "./socket";
import { Line } from "./test-line";

const ALICE: Page = {
  ...NOBODY,
  username: "alice",
  account: "1000",
  mainAccount: "1000",
  accounts: [{ account: "1000", name: "main" }],
  role: "trader",
  isDemo: true,
};
const VISITOR: Page = { ...ALICE, username: "", account: "", mainAccount: "", accounts: [] };
const stopped = () => useOwnUser.getState().stopped;

beforeEach(() => {
  Line.lines = [];
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", Line);
  useOwnUser.setState({ stopped: null });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function connectedAs(page: Page, account: string | null): { socket: ExchangeSocket; line: Line } {
  const socket = new ExchangeSocket("ws://exchange/ws");
  socket.start((found) => isOwnAccount(page, found));
  const line = Line.lines.at(-1)!;
  line.greet(account);
  return { socket, line };
}

describe("the account of the connection", () => {
  it("is the page's own", () => {
    const { socket } = connectedAs(ALICE, "1000");
    expect([stopped(), socket.status.state]).toEqual([null, "live"]);
  });

  it.each([
    ["1001", "otherUser"],
    [null, "loggedOut"],
  ])("%s stops alice's page for good: %s", async (account, why) => {
    const { socket, line } = connectedAs(ALICE, "1000");
    line.close();
    await vi.advanceTimersByTimeAsync(1_000);
    const next = Line.lines.at(-1)!;
    next.open();
    const order = socket
      .request("order.place", { symbol: "BTC-KRW" })
      .catch((error: ApiFailure) => error.code);
    next.message({ type: "connected", account });
    expect(stopped()).toBe(why);
    expect(next.readyState).toBe(3);
    expect(socket.status.state).toBe("ended");
    // Nothing has gone out over the other user's connection, and nothing will.
    expect(next.sent).toEqual([]);
    expect(await order).toBe("UNREACHABLE");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(Line.lines.at(-1)).toBe(next);
  });

  it("is the one that the page is for, from the handshake on", () => {
    const socket = new ExchangeSocket("ws://exchange/ws");
    socket.start((found) => isOwnAccount({ ...ALICE, account: "1010" }, found), "1010");
    const line = Line.lines.at(-1)!;
    expect(line.url).toBe("ws://exchange/ws?account=1010");
    line.greet("1010");
    expect(socket.status.state).toBe("live");
  });

  it("is none of the user's who is logged in: the page stops", () => {
    const socket = new ExchangeSocket("ws://exchange/ws");
    socket.start((found) => isOwnAccount(ALICE, found), ALICE.account);
    const line = Line.lines.at(-1)!;
    line.open();
    line.message({ type: "error", error: "ACCOUNT_NOT_FOUND", status: 404 });
    expect([stopped(), socket.status.state]).toEqual(["otherUser", "ended"]);
    expect(line.sent).toEqual([]);
  });

  it("does not matter to a visitor's page, which shows nobody's", () => {
    expect(connectedAs(VISITOR, "1001").socket.status.state).toBe("live");
    expect(stopped()).toBeNull();
  });
});

describe("the other tabs", () => {
  function browser(): { store: Map<string, string>; tell: (value: string) => void } {
    const store = new Map<string, string>();
    const listeners: ((event: object) => void)[] = [];
    const target = {
      addEventListener: (kind: string, listener: (event: object) => void) =>
        kind === "storage" && listeners.push(listener),
      removeEventListener: () => undefined,
    };
    vi.stubGlobal("window", target);
    vi.stubGlobal("document", target);
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, value: string) => store.set(key, value),
    });
    const tell = (value: string) => {
      store.set("xtrader.user", value);
      listeners.forEach((listener) => listener({ key: "xtrader.user", newValue: value }));
    };
    return { store, tell };
  }

  it.each([
    ["bob", "otherUser"],
    ["", "loggedOut"],
    ["alice", null],
  ])("%j logged in there: %s", (name, why) => {
    const { tell } = browser();
    watchUser(ALICE);
    tell(name);
    expect(stopped()).toBe(why);
  });

  it("hear of the user of this one", () => {
    const { store } = browser();
    watchUser(ALICE);
    expect(store.get("xtrader.user")).toBe("alice");
    watchUser(VISITOR);
    expect(store.get("xtrader.user")).toBe("");
  });
});

it("a stopped page asks for nothing by REST", async () => {
  const fetched = vi.fn();
  vi.stubGlobal("fetch", fetched);
  vi.stubGlobal("document", { cookie: "" });
  useOwnUser.setState({ stopped: "otherUser" });
  const calls = [
    answer(api.GET("/v1/fees", { baseUrl: "http://exchange" })),
    answer(api.POST("/v1/demo/deposit", { baseUrl: "http://exchange", body: { asset: "KRW", amount: "1" } })),
  ];
  for (const call of calls) await expect(call).rejects.toMatchObject({ code: "OTHER_USER" });
  expect(fetched).not.toHaveBeenCalled();
});

it("private calls say which account they are for", async () => {
  const asked: Request[] = [];
  const fetched = (request: Request) => {
    asked.push(request);
    return Promise.resolve(Response.json({}));
  };
  const base = { baseUrl: "http://exchange", fetch: fetched };
  actFor({ ...ALICE, account: "1010" });
  await answer(api.GET("/v1/fees", base));
  await answer(api.GET("/v1/balances", { ...base, params: { header: { "X-Account": "1000" } } }));
  await answer(api.GET("/api/v1/time", base));
  actFor(VISITOR);
  await answer(api.GET("/v1/fees", base));
  expect(asked.map(({ headers }) => headers.get("X-Account"))).toEqual(["1010", "1000", null, null]);
});

it("a change that the network failed under may have been made", async () => {
  const failing = () => Promise.reject(new TypeError("network"));
  vi.stubGlobal("document", { cookie: "" });
  const base = { baseUrl: "http://exchange", fetch: failing };
  await expect(
    answer(api.POST("/v1/demo/deposit", { ...base, body: { asset: "KRW", amount: "1" } })),
  ).rejects.toMatchObject({ code: "OUTCOME_UNKNOWN" });
  await expect(answer(api.GET("/v1/fees", base))).rejects.toMatchObject({ code: "UNREACHABLE" });
});
