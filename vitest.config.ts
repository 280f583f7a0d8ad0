import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    // Loopback swarms mostly wait, but share two cores: many more workers would time each other out.
    maxWorkers: 4,
    // No module of ours has state: a process for each of 240 files would cost a minute.
    isolate: false,
  },
})
