import { expect, it, vi } from "vitest";

vi.hoisted(() => {
  vi.stubGlobal("location", { protocol: "http:", host: "localhost" });
  vi.stubGlobal("navigator", { language: "en" });
});

const { ApiFailure } = await import("./api");
const { SentOnce } = await import("./sent-once");

const WISH = { asset: "KRW", amount: "10000" };

it("the same wish keeps its id while nobody knows what became of it", () => {
  const sent = new SentOnce();
  const id = sent.idOf(WISH);
  sent.settled(new ApiFailure("OUTCOME_UNKNOWN", 504));
  expect(sent.idOf({ ...WISH })).toBe(id);
});

it("another wish has another id", () => {
  const sent = new SentOnce();
  const id = sent.idOf(WISH);
  sent.settled(new ApiFailure("OUTCOME_UNKNOWN", 504));
  expect(sent.idOf({ ...WISH, amount: "10001" })).not.toBe(id);
});

it.each([["taken", null] as const, ["refused", new ApiFailure("INSUFFICIENT_BALANCE", 422)] as const])(
  "the same once more, after it was %s, is a new one",
  (_outcome, error) => {
    const sent = new SentOnce();
    const id = sent.idOf(WISH);
    sent.settled(error);
    expect(sent.idOf(WISH)).not.toBe(id);
  },
);
