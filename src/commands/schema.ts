/** `torrent-audit schema`: the JSON Schema of every document that `--json` prints. */
import * as z from "zod"
import { failedSnapshot, snapshot } from "../report.ts"
import { refuseTargets, type Command } from "./context.ts"

/** Readers must accept fields that a later minor version adds, hence the input side: nothing is closed. */
export const jsonSchema = (): object => ({
  title: "torrent-audit snapshot",
  ...z.toJSONSchema(z.union([snapshot, failedSnapshot]), { io: "input", unrepresentable: "any" }),
})

export const schema: Command = async ({ terminal, targets }) => {
  refuseTargets({ targets }, "schema")
  terminal.out(`${JSON.stringify(jsonSchema(), null, 2)}\n`)
  return 0
}
