/** `torrent-audit schema [snapshot|config]`: the JSON Schema of every document that `--json` prints, or of a configuration file. */
import * as z from "zod"
import { InputError } from "../failure.ts"
import { failedSnapshot, fleetReport, snapshot } from "../report.ts"
import { fleetStatusDocument } from "../report/fleet-document.ts"
import { merged } from "../report/merged.ts"
import { configSchema } from "./config/schema.ts"
import { refuseTargets, type Command } from "./context.ts"
import { nearest } from "./values.ts"

/** Written once, though a document of several targets holds it too. */
const once = snapshot.meta({ id: "snapshot" })

/** Readers must accept fields that a later minor version adds, hence the input side: nothing is closed. */
export const jsonSchema = (): object => ({
  title: "torrent-audit snapshot",
  ...z.toJSONSchema(
    z.union([
      once,
      failedSnapshot,
      fleetReport.extend({ snapshots: z.array(once) }),
      fleetStatusDocument,
      merged,
    ]),
    { io: "input", unrepresentable: "any" },
  ),
})

const schemas: Record<string, () => object> = { snapshot: jsonSchema, config: configSchema }

export const schema: Command = async ({ terminal, targets }) => {
  const [name = "snapshot", ...rest] = targets
  const made = Object.hasOwn(schemas, name) ? schemas[name] : undefined
  if (made === undefined) {
    const near = nearest(name, Object.keys(schemas))
    if (near === null) refuseTargets({ targets }, "schema")
    throw new InputError("usage", `no schema ${name}`, `Did you mean schema ${near}?`)
  }
  refuseTargets({ targets: rest }, `schema ${name}`)
  terminal.out(`${JSON.stringify(made(), null, 2)}\n`)
  return 0
}
