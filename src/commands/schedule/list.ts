/** `schedule list`: what is scheduled here, by whichever of the two, and when it is due. */
import { renderSchedule } from "../../render/schedule.ts"
import { parseCronExpression, timeAfter } from "../../store/cron-expression.ts"
import { plainJson } from "../../evidence/plain-json.ts"
import { quietly } from "../../store/quietly.ts"
import { loggedRuns, type LoggedRun } from "../../store/run-log.ts"
import type { Scheduled } from "../../store/scheduled.ts"
import { stateDirectory } from "../../store/state.ts"
import { refuseTargets, type Command } from "../context.ts"
import { parse } from "../parse.ts"
import { commandNames } from "../target.ts"
import { version } from "../version.ts"
import { idOfWords } from "./identity.ts"
import { allScheduled, onOf, placesOf } from "./places.ts"

export const list: Command = async (context) => {
  refuseTargets(context, "schedule list")
  const { flags, terminal, environment } = context
  const runs = loggedRuns(stateDirectory(environment))
  const rows = []
  for (const each of await allScheduled(placesOf(context), onOf(flags))) rows.push(await rowOf(each, runs))
  const json = flags.json === true || (Array.isArray(flags.format) && flags.format.at(-1) === "json")
  const tool = { name: "torrent-audit", version }
  terminal.out(
    json ? `${plainJson({ tool, schedules: rows, error: null })}\n` : renderSchedule(rows, terminal),
  )
  return 0
}

async function rowOf(
  { on, id, expression, words, mailto, environment }: Scheduled,
  runs: readonly LoggedRun[],
) {
  const fields = quietly(() => parseCronExpression(expression))
  const next = fields === null ? null : await timeAfter(fields, new Date())
  const targets = await targetsIn(words)
  const ofThese = idOfWords(targets)
  const last = runs.findLast((run) => run.id === ofThese)
  return {
    id,
    on,
    expression,
    nextAt: next?.toISOString() ?? null,
    last: last === undefined ? null : { at: last.at, ms: last.ms, exit: last.exit, error: last.error },
    targets,
    mailto,
    environment,
    command: words,
  }
}

/** Of a line that somebody else's hand was in: none that we know. */
export const targetsIn = (words: readonly string[]): Promise<string[]> =>
  parse(words.slice(2), commandNames).then(
    ({ targets }) => targets,
    () => [],
  )
