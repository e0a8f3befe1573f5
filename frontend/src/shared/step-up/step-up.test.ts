import { beforeEach, describe, expect, it } from "vitest";
import { ApiFailure } from "@/shared/wire/api";
import { takes, useStepUp, withProof } from "./step-up";

const refusal = new ApiFailure("STEP_UP_REQUIRED", 403, { ways: [["passkey"], ["password", "otp"]] });

/** An act that is refused until it is proved. */
function guarded() {
  const act = { isProved: false, calls: 0 };
  const run = async () => {
    act.calls += 1;
    if (!act.isProved) throw refusal;
    return "done";
  };
  return { act, run };
}

/** The dialog's question, once it is asked. */
async function asked() {
  await new Promise((resolve) => setTimeout(resolve));
  const { asking } = useStepUp.getState();
  if (asking === null) throw new Error("nothing is asked");
  return asking;
}

beforeEach(() => useStepUp.setState({ asking: null }));

describe("an act that needs a proof", () => {
  it("is done again once it is proved", async () => {
    const { act, run } = guarded();
    const outcome = withProof(run);
    const question = await asked();
    expect(takes(question.ways, "otp")).toBe(true);
    expect(takes(question.ways, "finger")).toBe(false);
    act.isProved = true;
    question.end(true);
    expect(await outcome).toBe("done");
    expect(act.calls).toBe(2);
    expect(useStepUp.getState().asking).toBeNull();
  });

  it("ends with the refusal when no proof is given", async () => {
    const { act, run } = guarded();
    const outcome = withProof(run);
    (await asked()).end(false);
    await expect(outcome).rejects.toBe(refusal);
    expect(act.calls).toBe(1);
  });

  it("asks nothing for another failure", async () => {
    const other = new ApiFailure("RATE_LIMITED", 429);
    await expect(withProof(() => Promise.reject(other))).rejects.toBe(other);
    expect(useStepUp.getState().asking).toBeNull();
  });

  it("gives a question up when another comes", async () => {
    const first = withProof(guarded().run);
    await asked();
    const second = guarded();
    const outcome = withProof(second.run);
    await expect(first).rejects.toBe(refusal);
    second.act.isProved = true;
    (await asked()).end(true);
    expect(await outcome).toBe("done");
  });
});
