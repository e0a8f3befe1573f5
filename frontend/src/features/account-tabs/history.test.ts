import { describe, expect, it, vi } from "vitest";
import { filtersOf, isSearch, merged, queryOf } from "./history";
import { type Filters, NO_FILTERS } from "./view-store";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

it("the past and what came since, each once, the newer truth", () => {
  const rows = merged(
    [
      { id: "3", now: true },
      { id: "2", now: true },
    ],
    [
      { id: "2", now: false },
      { id: "1", now: false },
    ],
    (row) => row.id,
  );
  expect(rows.map((row) => `${row.id} ${row.now}`)).toEqual(["3 true", "2 true", "1 false"]);
});

describe("what the exchange is asked for", () => {
  const symbols = ["BTC-KRW", "BTC-USD", "ETH-KRW", "ETH-KRW2"];
  const asked = (filters: Partial<Filters>, only: string | null = null) =>
    queryOf({ ...NO_FILTERS, ...filters }, only, symbols);

  it("everything, in pages, without filters", () => {
    expect(asked({})).toEqual({ limit: 100 });
    expect(isSearch(asked({}))).toBe(false);
  });

  it.each([
    ["btc-usd", "BTC-USD"],
    [" usd ", "BTC-USD"],
    ["ETH-KRW", "ETH-KRW"],
  ])("%j means one market", (text, symbol) => {
    expect(asked({ symbol: text })).toEqual({ symbol, limit: 100 });
  });

  it.each(["btc", "krw", "nothing"])("%j means none or several: they are looked through here", (text) => {
    const query = asked({ symbol: text });
    expect(query).toEqual({ limit: 500 });
    expect(isSearch(query)).toBe(true);
  });

  it("days, and the one market on show", () => {
    const day = (date: number) => new Date(2026, 2, date).getTime();
    expect(asked({ from: "2026-03-01", to: "2026-03-02" }, "ETH-KRW")).toEqual({
      symbol: "ETH-KRW",
      start: day(1),
      end: day(3),
      limit: 100,
    });
  });

  it.each([{ side: "buy" }, { status: "filled" }, { liquidity: "maker" }] as const)(
    "the exchange looks for %j itself",
    (filters) => {
      const query = asked(filters, "ETH-KRW");
      expect(query).toEqual({ symbol: "ETH-KRW", ...filters, limit: 100 });
      expect(filtersOf(query)).toEqual({ symbol: "ETH-KRW", ...filters });
    },
  );

  it("a status that no finished order has is not asked for", () => {
    expect(asked({ status: "new" })).toEqual({ limit: 100 });
  });
});
