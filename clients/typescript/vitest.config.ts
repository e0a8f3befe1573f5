import { defineConfig } from "vitest/config";

// A busy machine is not a failure.
export default defineConfig({
  test: { testTimeout: 60_000, hookTimeout: 60_000, include: ["test/**/*.test.ts"] },
});
