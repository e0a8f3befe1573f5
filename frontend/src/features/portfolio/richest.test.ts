import { expect, it } from "vitest";
import { AAPL, BTC } from "@/shared/market/test-symbols";
import type { SymbolTerms } from "@/shared/wire/types";
import type { CurrencyPortfolio } from "./revalue";
import { richest } from "./richest";

const part = (currency: string, value: string) => ({ currency, value }) as CurrencyPortfolio;
const BTC_USD: SymbolTerms = { ...BTC, symbol: "BTC-USD", quote_asset: "USD", price_scale: 2 };
const USD_KRW: SymbolTerms = { ...BTC, symbol: "USD-KRW", base_asset: "USD" };
const LAST: Record<string, string> = { "BTC-KRW": "140000000", "BTC-USD": "100000", "USD-KRW": "1400" };
const chosen = (parts: CurrencyPortfolio[], symbols: readonly SymbolTerms[] = [BTC, AAPL]) =>
  richest(parts, symbols, (symbol) => LAST[symbol])?.currency;

it("a new currency that holds nothing is not the first, whatever its name", () => {
  expect(chosen([part("EUR", "0"), part("KRW", "905200000")])).toBe("KRW");
  expect(chosen([part("KRW", "1"), part("EUR", "0")])).toBe("KRW");
});

it("currencies are compared by what is traded in both, or directly", () => {
  const parts = [part("KRW", "1300000"), part("USD", "1000")];
  expect(chosen(parts, [BTC, BTC_USD])).toBe("USD");
  expect(chosen(parts.toReversed(), [BTC, BTC_USD])).toBe("USD");
  expect(chosen(parts, [USD_KRW])).toBe("USD");
  expect(chosen([part("KRW", "1500000"), part("USD", "1000")], [USD_KRW])).toBe("KRW");
});

it("without a price in common by their numbers, the first of equals", () => {
  expect(chosen([part("EUR", "0"), part("KRW", "0")])).toBe("EUR");
  expect(chosen([part("KRW", "500"), part("USD", "10")])).toBe("KRW");
  expect(chosen([])).toBeUndefined();
});
