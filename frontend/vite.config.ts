import optimizeLocales from "@react-aria/optimize-locales-plugin";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// Django serves the built files under /static/ and finds their hashed names in the manifest.
export default defineConfig({
  base: "/static/",
  // The calendar's spoken texts in the page's languages alone.
  plugins: [react(), optimizeLocales.vite({ locales: ["en", "ko"] })],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    manifest: true,
    outDir: "dist",
    emptyOutDir: true,
    target: "es2022",
    rollupOptions: { input: ["src/main.tsx", "src/app/pages.css"] },
  },
  // A busy machine is not a failure.
  test: { testTimeout: 30_000, environment: "node", include: ["src/**/*.test.ts"] },
});
