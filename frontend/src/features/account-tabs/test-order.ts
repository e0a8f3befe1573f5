// An order for the tests.

import type { Order } from "@/shared/wire/api";

export const ORDER: Order = {
  order_id: "7",
  client_order_id: "web-1",
  symbol: "BTC-KRW",
  side: "buy",
  order_type: "limit",
  time_in_force: "gtc",
  post_only: false,
  stp: "cancel_newest",
  price: "137000000",
  quantity: "0.5",
  quote_amount: null,
  filled_quantity: "0.2",
  remaining_quantity: "0.3",
  filled_amount: "27400000",
  average_price: "137000000",
  fee: "13700",
  fee_asset: "KRW",
  status: "partially_filled",
  reason: null,
  created_at: 1,
  updated_at: 2,
};
