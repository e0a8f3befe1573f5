import { expect, it, vi } from "vitest";
import type { SymbolTerms } from "@/shared/wire/types";
import { AAPL, BTC } from "./test-symbols";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

const { assetDecimals } = await import("./assets");

const SHIB: SymbolTerms = {
  ...BTC,
  symbol: "SHIB-KRW",
  base_asset: "SHIB",
  price_scale: 5,
  quantity_scale: 2,
};
const ETH_BTC: SymbolTerms = {
  ...BTC,
  symbol: "ETH-BTC",
  base_asset: "ETH",
  quote_asset: "BTC",
  price_scale: 5,
};

it("an asset has the decimals it is traded in, money those of plain prices", () => {
  expect(Object.fromEntries(assetDecimals([BTC, AAPL]))).toEqual({ KRW: 0, USD: 2, BTC: 8, AAPL: 0 });
});

it("a market of small prices gives money no decimals, and prices in an asset take none from it (attack W7)", () => {
  for (const symbols of [
    [BTC, AAPL, SHIB, ETH_BTC],
    [ETH_BTC, SHIB, AAPL, BTC],
  ])
    expect(Object.fromEntries(assetDecimals(symbols))).toEqual({
      KRW: 0,
      USD: 2,
      BTC: 8,
      ETH: 8,
      SHIB: 2,
      AAPL: 0,
    });
});
