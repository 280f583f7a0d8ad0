/**
 * Plays one case, or its honest run, in a process of its own, so that a stranger who floods, or falls over its own feet, is nobody else's
 * trouble: `player.ts CASE hostile|honest PROGRAM COMPILE_CACHE`, forked; it sends a Played and leaves.
 */
import { cases } from "./cases.ts"
import { honestStageOf } from "./honest.ts"
import { play } from "./play.ts"

const [id, how, program = "", compileCache = ""] = process.argv.slice(2)
const wanted = cases.find((each) => each.id === id)
if (wanted === undefined) throw new Error(`no such case: ${id}`)
process.on("SIGTERM", () => process.exit(1))
const played = await play(
  (stage) => (how === "honest" ? honestStageOf(wanted)(stage) : wanted.stage(stage)),
  {
    program,
    compileCache,
  },
)
process.send?.(played, () => process.exit(0))
