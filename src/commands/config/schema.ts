/** The JSON Schema of a configuration file, made from the one table of options; editors complete and check by it. */
import { options, type OptionSpec } from "../options.ts"
import { isConfigurable, keyOf } from "../taken.ts"

const amount = (units: string) => ({
  type: "string",
  pattern: `^[0-9]+(\\.[0-9]+)?\\s*(${units.split(" ").map(anyCase).join("|")})$`,
})

/** Units are read in whatever case, which a pattern of JSON Schema has to spell out. */
const anyCase = (unit: string): string =>
  Array.from(unit, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`).join("")

const text = { type: "string", minLength: 1 }

const typeOf: Record<OptionSpec["kind"], (spec: OptionSpec) => object> = {
  flag: () => ({ type: "boolean" }),
  count({ default: otherwise }) {
    const count = { type: "integer", minimum: 0 }
    const isWord = otherwise !== undefined && !/^\d+$/.test(otherwise)
    return isWord ? { anyOf: [count, { const: otherwise }] } : count
  },
  number: () => ({ type: "number", minimum: 0 }),
  choice: ({ choices }) => ({ enum: choices }),
  duration: () => amount("ms s m h d"),
  size: () => amount("B KB MB GB KiB MiB GiB"),
  list: () => ({ anyOf: [text, { type: "array", items: text }] }),
  text: () => text,
}

export const configSchema = (): object => ({
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "torrent-audit configuration",
  type: "object",
  properties: {
    $schema: { type: "string" },
    ...Object.fromEntries(
      (options as readonly OptionSpec[]).filter(isConfigurable).map((spec) => [
        keyOf(spec.name),
        {
          description: spec.default ? `${spec.help} (default: ${spec.default})` : spec.help,
          ...typeOf[spec.kind](spec),
        },
      ]),
    ),
  },
  additionalProperties: false,
})
