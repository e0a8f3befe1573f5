import { expect, it } from "vitest";
import type { SymbolTerms, Ticker } from "@/shared/wire/types";
import { found, type Listed } from "./find";

function market(symbol: string, base: string, quote: string, name: string, value: string): Listed {
  const terms = { symbol, base_asset: base, quote_asset: quote } as SymbolTerms;
  return { terms, name, ticker: { quote_volume_24h: value } as Ticker };
}

const MARKETS = [
  market("AAPL", "AAPL", "USD", "애플", "10"),
  market("ETH-KRW", "ETH", "KRW", "이더리움", "5"),
  market("BTC-KRW", "BTC", "KRW", "비트코인", "90.5"),
];
const symbols = (list: Listed[]) => list.map(({ terms }) => terms.symbol);

it("lists all by what was traded, favourites first", () => {
  expect(symbols(found(MARKETS, "", []))).toEqual(["BTC-KRW", "ETH-KRW", "AAPL"]);
  expect(symbols(found(MARKETS, "", ["AAPL"]))).toEqual(["AAPL", "BTC-KRW", "ETH-KRW"]);
});

it("finds by symbol however it is written, and by name", () => {
  expect(symbols(found(MARKETS, "btc/krw", []))).toEqual(["BTC-KRW"]);
  expect(symbols(found(MARKETS, "krw", []))).toEqual(["BTC-KRW", "ETH-KRW"]);
  expect(symbols(found(MARKETS, "비트", []))).toEqual(["BTC-KRW"]);
  expect(symbols(found(MARKETS, "nothing", []))).toEqual([]);
});
