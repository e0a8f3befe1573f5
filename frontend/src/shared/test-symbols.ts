// Symbols as the exchange lists them, for the tests.

import type { SymbolSpec } from "./wire/types";

export const BTC: SymbolSpec = {
  symbol: "BTC-KRW",
  base_asset: "BTC",
  quote_asset: "KRW",
  status: "trading",
  status_reason: null,
  base_scale: 8,
  quote_scale: 8,
  price_scale: 0,
  quantity_scale: 8,
  tick_bands: [
    { from_price: "0", tick_size: "1" },
    { from_price: "5000", tick_size: "5" },
    { from_price: "10000", tick_size: "10" },
    { from_price: "50000", tick_size: "50" },
    { from_price: "100000", tick_size: "100" },
    { from_price: "500000", tick_size: "500" },
    { from_price: "1000000", tick_size: "1000" },
  ],
  lot_size: "0.00000001",
  min_quantity: "0.00000001",
  max_quantity: "1000",
  min_price: "1000",
  max_price: "100000000000",
  min_notional: "5000",
  maker_fee_rate: "0.0005",
  taker_fee_rate: "0.0005",
  max_open_orders: 1000,
};

export const AAPL: SymbolSpec = {
  ...BTC,
  symbol: "AAPL",
  base_asset: "AAPL",
  quote_asset: "USD",
  base_scale: 0,
  price_scale: 2,
  quantity_scale: 0,
  tick_bands: [{ from_price: "0", tick_size: "0.01" }],
  lot_size: "1",
  min_quantity: "1",
  max_quantity: "1000000",
  min_price: "1",
  max_price: "100000",
  min_notional: "1",
  maker_fee_rate: "0",
  taker_fee_rate: "0.0001",
};
