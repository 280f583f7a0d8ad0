import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // Loopback swarms share two cores: more workers would only time each other out.
    maxWorkers: 2,
  },
})
