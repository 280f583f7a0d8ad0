import { Ajv2020 } from "ajv/dist/2020.js"
import { afterAll, describe, expect, it } from "vitest"
import { configSchema } from "../../src/commands/config/schema.ts"
import { options, type OptionSpec } from "../../src/commands/options.ts"
import { isConfigurable, keyOf, variableOf } from "../../src/commands/taken.ts"
import { configurations } from "../support/configurations.ts"

const { configure, end } = configurations()
afterAll(end)

describe("the schema of it", () => {
  const validate = new Ajv2020({ strict: true }).compile(configSchema())
  const table = (options as readonly OptionSpec[]).filter(isConfigurable)

  it("has every option that can be set, and is valid itself", () => {
    const { properties } = configSchema() as { properties: Record<string, { description?: string }> }
    expect(Object.keys(properties).toSorted()).toEqual(
      ["$schema", ...table.map(({ name }) => keyOf(name))].toSorted(),
    )
    expect(new Set(table.map(({ name }) => variableOf(name))).size).toBe(table.length)
  })

  it.each([
    [
      {
        $schema: "x",
        maxPeers: 50,
        timeout: "3m",
        tracker: ["http://a"],
        out: "x.json",
        noDht: true,
        port: "random",
      },
      true,
    ],
    [{ port: 6881, maxDownload: "1.5gib", minAvailability: 1.5, pace: "lab" }, true],
    [{ maxPeer: 50 }, false],
    [{ maxPeers: "50" }, false],
    [{ timeout: "3" }, false],
    [{ pace: "fats" }, false],
    [{ yes: true }, false],
    [{ noDht: "true" }, false],
  ])("%j: %s", async (config, isValid) => {
    expect(validate(config)).toBe(isValid)
    const { $schema: _, ...settings } = config as Record<string, unknown>
    // What it allows the program takes, what it forbids is refused.
    expect(
      await configure({ user: settings }).then(
        () => true,
        () => false,
      ),
    ).toBe(isValid)
  })
})
