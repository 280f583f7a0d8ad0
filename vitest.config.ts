import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    testTimeout: 30_000,
    // It ends as soon as it is so; a busy machine stands still for a second now and then.
    expect: { poll: { timeout: 10_000 } },
    globalSetup: ["test/support/built.ts"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/system/**"],
          // Loopback swarms mostly wait, but share two cores: many more workers would time each other out.
          maxWorkers: 4,
          // No module of ours has state: a process for each of 240 files would cost a minute.
          isolate: false,
        },
      },
      {
        // Against programs of the system: Chromium, cron, systemd-analyze, promtool. `.ci/run` installs them.
        extends: true,
        test: { name: "system", include: ["test/system/**/*.test.ts"], testTimeout: 120_000, maxWorkers: 1 },
      },
    ],
  },
})
