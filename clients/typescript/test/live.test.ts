// Against a running exchange: XTRADER_URL names it, XTRADER_PASSWORD is that of alice and bob.

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ApiError, Exchange, type ExchangeOptions, type Messages } from "../src/index.js";
import { Line } from "./proxy.js";

const url = process.env.XTRADER_URL ?? "";
const password = process.env.XTRADER_PASSWORD ?? "";
const SYMBOL = "ETH-KRW";
const PRICE = "5000000";
// Ids of orders are remembered for a day.
const RUN = `ts-${Date.now()}`;
const PATIENCE = { timeout: 50_000, interval: 20 };

const exchangeOf = (username: string, options: ExchangeOptions = {}, at = url) =>
  new Exchange(at, { credentials: { username, password }, timeoutMs: 40_000, ...options });

const order = (side: "buy" | "sell", quantity: string, price = PRICE) =>
  ({ symbol: SYMBOL, side, order_type: "limit", price, quantity }) as const;

describe.skipIf(!url)("a running exchange", () => {
  let alice: Exchange;
  let bob: Exchange;

  beforeAll(async () => {
    [alice, bob] = await Promise.all([exchangeOf("alice").start(), exchangeOf("bob").start()]);
  });

  afterAll(async () => {
    for (const each of [alice, bob]) await each.socket.request("orders.cancel_all", {});
    await Promise.all([alice.close(), bob.close()]);
  });

  it("answers REST calls, typed by the schema, and throws refusals", async () => {
    const { data: symbols } = await alice.rest.GET("/api/v1/symbols");
    expect(symbols?.symbols.map(({ symbol }) => symbol)).toContain(SYMBOL);
    const { data: own } = await alice.rest.GET("/v1/balances");
    expect(own?.balances.every(({ available }) => typeof available === "string")).toBe(true);
    const unknown = alice.rest.GET("/v1/order/{order_id}", {
      params: { path: { order_id: "999999999999" } },
    });
    await expect(unknown).rejects.toMatchObject({ name: "ApiError", code: "ORDER_NOT_FOUND", status: 404 });
  });

  it("enters orders and gives their outcome", async () => {
    const resting = await alice.socket.request("order.place", order("sell", "0.2"));
    expect(resting.order.status).toBe("new");
    const taken = await bob.socket.request("order.place", order("buy", "0.1"));
    expect(taken.fills.map(({ price, quantity }) => [price, quantity])).toEqual([[PRICE, "0.1"]]);
    const canceled = await alice.socket.request("order.cancel", { order_id: resting.order.order_id });
    expect(canceled.order.status).toBe("canceled");
    const again = alice.socket.request("order.cancel", { order_id: resting.order.order_id });
    await expect(again).rejects.toMatchObject({ code: "ORDER_NOT_OPEN", status: 409 });
  });

  it("enters an order once, however often it is asked", async () => {
    const first = await alice.socket.request("order.place", {
      ...order("buy", "0.1", "4000000"),
      client_order_id: `${RUN}-once`,
    });
    const second = await alice.socket.request("order.place", {
      ...order("buy", "0.1", "4000000"),
      client_order_id: `${RUN}-once`,
    });
    expect(second.order.order_id).toBe(first.order.order_id);
  });

  it("refuses for good whoever gives a wrong password", async () => {
    const stranger = new Exchange(url, { credentials: { username: "alice", password: "wrong" } });
    await expect(stranger.start()).rejects.toBeInstanceOf(ApiError);
    await expect(stranger.socket.request("ping", {})).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("serves what is public without a log-in", async () => {
    const visitor = await new Exchange(url).start();
    expect((await visitor.socket.request("ping", {})).server_time).toBeGreaterThan(0);
    await expect(visitor.socket.request("order.place", order("buy", "1"))).rejects.toMatchObject({
      code: "NOT_AUTHENTICATED",
    });
    await visitor.close();
  });

  describe("over a line that breaks", () => {
    let proxy: Line;
    let carol: Exchange;
    const reader = exchangeOf("carol");

    beforeAll(async () => {
      proxy = await Line.before(new URL(url));
      carol = await exchangeOf("carol", {}, `http://127.0.0.1:${proxy.port}`).start();
    });

    afterAll(async () => {
      await carol.socket.request("orders.cancel_all", {});
      await Promise.all([carol.close(), reader.close()]);
      proxy.close();
    });

    it("keeps a book that proves itself", async () => {
      const book = await carol.socket.book(SYMBOL);
      for (let level = 1; level <= 12; level += 1) {
        await alice.socket.request("order.place", order("buy", "0.1", String(4_000_000 + level * 1000)));
        if (level % 5 === 0) proxy.cut();
      }
      const { sequence } = await alice.socket.request("orders.cancel_all", { symbol: "BTC-KRW" });
      const { data } = await alice.rest.GET("/api/v1/orderbook/{symbol}", {
        params: { path: { symbol: SYMBOL } },
      });
      await vi.waitFor(() => {
        expect(book.isSynced).toBe(true);
        expect([book.bids(), book.asks()]).toEqual([data?.bids, data?.asks]);
      }, PATIENCE);
      expect(sequence).toBeGreaterThan(0);
      book.close();
    });

    it("delivers every trade once and in order", async () => {
      const seen: string[] = [];
      const take = (message: Messages["trade"] | Messages["trades_snapshot"]) => {
        if (message.type === "trade") seen.push(message.execution_id);
      };
      const before = carol.socket.connections;
      const subscription = await carol.socket.subscribe("trades", SYMBOL, { onMessage: take });
      const made: string[] = [];
      for (let round = 0; round < 12; round += 1) {
        await alice.socket.request("order.place", order("sell", "0.1"));
        const { fills } = await bob.socket.request("order.place", order("buy", "0.1"));
        made.push(...fills.map(({ trade_id }) => trade_id));
        if (round % 4 === 1) proxy.cut();
      }
      await vi.waitFor(() => expect(seen).toEqual(made), PATIENCE);
      expect(made).toHaveLength(12);
      await vi.waitFor(() => expect(carol.socket.connections).toBeGreaterThan(before), PATIENCE);
      subscription.close();
    });

    it("places an order once when the reply is lost", async () => {
      const asked: Promise<unknown>[] = [];
      for (let round = 0; round < 3; round += 1) {
        proxy.deafen();
        const id = `${RUN}-lost-${round}`;
        asked.push(
          carol.socket.request("order.place", { ...order("buy", "0.1", "3900000"), client_order_id: id }),
        );
        // It has reached the exchange, whose reply has not come back.
        await vi.waitFor(async () => {
          const { data } = await own();
          expect(data?.orders.map(({ client_order_id }) => client_order_id)).toContain(id);
        }, PATIENCE);
        proxy.cut();
        await asked.at(-1);
      }
      const { data } = await own();
      expect(data?.orders.map(({ client_order_id }) => client_order_id).sort()).toEqual(
        [0, 1, 2].map((round) => `${RUN}-lost-${round}`),
      );
    });

    /** Open orders, by the exchange's own address. */
    const own = () =>
      reader.rest.GET("/v1/orders", { params: { query: { status: "open", symbol: SYMBOL } } });
  });
});
