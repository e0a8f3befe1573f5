import { expect, it, vi } from "vitest";
import type { Address, AssetTerms } from "./wire";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

const { ANOTHER, firstAsset, firstDestination, hasDestination } = await import("./withdraw-draft");

const assets = [
  { asset: "AAPL", open: false },
  { asset: "BTC", open: true },
  { asset: "KRW", open: true },
] as AssetTerms[];

it("the form begins with the asset asked for, else with the first that is open and held", () => {
  expect(firstAsset(assets, () => true, "KRW")).toBe("KRW");
  expect(firstAsset(assets, () => true, "AAPL")).toBe("BTC");
  expect(firstAsset(assets, (asset) => asset === "KRW", null)).toBe("KRW");
  expect(firstAsset(assets, () => false, null)).toBe("BTC");
  expect(firstAsset([], () => true, null)).toBe("");
});

it("it offers an address that can be used already, and a typed one where that is allowed", () => {
  const book = [
    { address_id: "3", asset: "BTC", is_usable: false },
    { address_id: "2", asset: "KRW", is_usable: true },
    { address_id: "1", asset: "BTC", is_usable: true },
  ] as Address[];
  expect(firstDestination(book, "BTC", true)).toBe("1");
  expect(firstDestination(book.slice(0, 2), "BTC", true)).toBe("");
  expect(firstDestination(book.slice(0, 2), "BTC", false)).toBe(ANOTHER);
});

it("a typed address must be there and fit the asset", () => {
  const terms = { asset: "BTC", address_pattern: "bc1[a-z0-9]{6,}" } as AssetTerms;
  const draft = { asset: "BTC", to: ANOTHER, address: "", tag: "", amount: "1" };
  expect(hasDestination(draft, terms)).toBe(false);
  expect(hasDestination({ ...draft, address: "nonsense" }, terms)).toBe(false);
  expect(hasDestination({ ...draft, address: " bc1qqqqqq " }, terms)).toBe(true);
  expect(hasDestination({ ...draft, to: "7" }, terms)).toBe(true);
  expect(hasDestination({ ...draft, to: "" }, terms)).toBe(false);
});
