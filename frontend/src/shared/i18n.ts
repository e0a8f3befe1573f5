// The page's words. Every string a person reads is here, in both languages.

import { createContext, useContext } from "react";

export type Language = "en" | "ko";

const en = {
  markets: "Markets",
  symbol: "Symbol",
  price: "Price",
  change24h: "24h change",
  high24h: "24h high",
  low24h: "24h low",
  volume24h: "24h volume",
  value24h: "24h value",
  chart: "Chart",
  orderBook: "Order book",
  quantity: "Quantity",
  total: "Total",
  spread: "Spread",
  trades: "Trades",
  time: "Time",
  live: "Live",
  connecting: "Connecting",
  reconnecting: "Reconnecting, data from",
  logIn: "Log in",
  logOut: "Log out",
  apiDocs: "API",
  admin: "Admin",
  noTrades: "No trades yet. The first one appears here.",
  noOrders: "No orders on this side.",
  noSymbols: "No symbols are listed yet. An operator lists them in the admin.",
  loading: "Loading",
  halted: "Trading is halted",
  cancelOnly: "Orders can only be canceled",
  switchLanguage: "한국어",
};

const ko: typeof en = {
  markets: "마켓",
  symbol: "종목",
  price: "가격",
  change24h: "24시간 변동",
  high24h: "24시간 고가",
  low24h: "24시간 저가",
  volume24h: "24시간 거래량",
  value24h: "24시간 거래대금",
  chart: "차트",
  orderBook: "호가",
  quantity: "수량",
  total: "누적",
  spread: "스프레드",
  trades: "체결",
  time: "시간",
  live: "실시간",
  connecting: "연결 중",
  reconnecting: "다시 연결 중, 마지막 데이터",
  logIn: "로그인",
  logOut: "로그아웃",
  apiDocs: "API",
  admin: "관리",
  noTrades: "아직 체결이 없습니다. 첫 체결이 여기에 표시됩니다.",
  noOrders: "이쪽에는 주문이 없습니다.",
  noSymbols: "아직 상장된 종목이 없습니다. 운영자가 관리 화면에서 상장합니다.",
  loading: "불러오는 중",
  halted: "거래가 정지되었습니다",
  cancelOnly: "주문 취소만 가능합니다",
  switchLanguage: "English",
};

export type Words = typeof en;
const WORDS: Record<Language, Words> = { en, ko };

const ASSET_NAMES: Record<Language, Record<string, string>> = {
  en: { "BTC-KRW": "Bitcoin", "ETH-KRW": "Ethereum", AAPL: "Apple" },
  ko: { "BTC-KRW": "비트코인", "ETH-KRW": "이더리움", AAPL: "애플" },
};

/** What people call the symbol; nothing for symbols listed after the page was made. */
export function displayName(symbol: string, language: Language): string {
  return ASSET_NAMES[language][symbol] ?? "";
}

const STORAGE_KEY = "xtrader.language";

export function initialLanguage(): Language {
  const stored = localStorage.getItem(STORAGE_KEY);
  if (stored === "en" || stored === "ko") return stored;
  return navigator.language.startsWith("ko") ? "ko" : "en";
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(STORAGE_KEY, language);
}

export const LanguageContext = createContext<Language>("en");

export function useLanguage(): Language {
  return useContext(LanguageContext);
}

export function useWords(): Words {
  return WORDS[useLanguage()];
}
