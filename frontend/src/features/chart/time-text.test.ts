import { expect, it } from "vitest";
import { countdown } from "./time-text";

it("counts down", () => {
  expect(countdown(0)).toBe("00:00");
  expect(countdown(271_000)).toBe("04:31");
  expect(countdown(3 * 3_600_000 + 61_000)).toBe("3:01:01");
  expect(countdown(2 * 86_400_000 + 60_000)).toBe("2d 00:01");
  expect(countdown(-5)).toBe("00:00");
});
