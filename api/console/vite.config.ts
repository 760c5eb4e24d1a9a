/// <reference types="vitest/config" />
import { existsSync, readFileSync } from "node:fs";
import { defineConfig } from "vite";

// The console is served by the API under "/"; while developing, `npm run dev` passes calls on.
const API = process.env["STREETCASE_API"] ?? "http://127.0.0.1:8080";

// The API's description, which the build writes first, says which version it is; none: nothing is said.
const DESCRIPTION = new URL("openapi.json", import.meta.url);
const version = existsSync(DESCRIPTION) ? String(JSON.parse(readFileSync(DESCRIPTION, "utf-8")).info.version) : "";

export default defineConfig({
  define: { STREETCASE_VERSION: JSON.stringify(version) },
  build: { outDir: "dist", sourcemap: false, target: "es2022", chunkSizeWarningLimit: 700,
    // "use client" of libraries means nothing in a bundle.
    rolldownOptions: { onLog: (level, log, tell) => log.code === "MODULE_LEVEL_DIRECTIVE" || tell(level, log) },
  },
  server: { proxy: { "/api": API } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
