import { expect, it, vi } from "vitest";
import { ORDER } from "./test-order";
import { withPending } from "./use-rows";

vi.hoisted(() => vi.stubGlobal("location", { protocol: "http:", host: "localhost" }));

it("sent orders stand first until the feed knows them", () => {
  const sent = (id: string) =>
    ({ symbol: "BTC-KRW", side: "buy", order_type: "limit", client_order_id: id, sent_at: 9 }) as const;
  const rows = withPending(
    [ORDER, { ...ORDER, order_id: "10", client_order_id: "web-3" }],
    [sent("web-1"), sent("web-2")],
  );
  expect(rows.map((row) => [row.order_id, row.client_order_id])).toEqual([
    ["", "web-2"],
    ["10", "web-3"],
    ["7", "web-1"],
  ]);
});
