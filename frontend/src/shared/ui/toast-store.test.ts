import { describe, expect, it } from "vitest";
import { stayMs, type Toast, withToast } from "./toast-store";

describe("toasts", () => {
  const toast = (key: string, title = key): Toast => ({ key, title, tone: "plain" });
  const none = { shown: null, waiting: [], turn: 0 };

  it("come one at a time, in their order", () => {
    const state = ["a", "b", "c"].reduce(
      (before, key) => withToast(before, toast(key)),
      none as Parameters<typeof withToast>[0],
    );
    expect(state.shown?.key).toBe("a");
    expect(state.waiting.map((one) => one.key)).toEqual(["b", "c"]);
  });

  it("with the same key take each other's place, shown or waiting", () => {
    let state = withToast(withToast(none, toast("a", "1 fill")), toast("a", "2 fills"));
    expect(state).toMatchObject({ shown: { title: "2 fills" }, waiting: [], turn: 2 });
    state = withToast(withToast(state, toast("b", "old")), toast("b", "new"));
    expect(state.waiting.map((one) => one.title)).toEqual(["new"]);
  });

  it("stay shorter when others wait", () => {
    expect(stayMs("plain", 1)).toBeLessThan(stayMs("plain", 0));
  });
});
