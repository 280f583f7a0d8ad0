/** `torrent-audit doctor`: what this machine and its network let an audit see; each line says what that means. */
import { InputError } from "../failure.ts"
import { limits } from "../limits.ts"
import { renderDoctor } from "../render/doctor.ts"
import { schemaVersion } from "../report.ts"
import { refuseTargets, type Command, type Context } from "./context.ts"
import { examine } from "./doctor/examine.ts"
import { judge, statusOf } from "./doctor/judge.ts"
import { optionOf, textsOf } from "./dht/options.ts"
import { networkFor } from "./network-for.ts"
import { gatherOptions } from "./request.ts"
import { parseDuration } from "./values.ts"
import { version } from "./version.ts"
import { plainJson } from "../evidence/plain-json.ts"

const exits = { ok: 0, warning: 1, problem: 2 } as const

export const doctor: Command = async (context) => {
  const { flags, terminal, stop } = context
  const json = flags.json === true || textsOf(flags, "format").at(-1) === "json"
  try {
    const answer = await answerOf(context)
    const { columns, color, ascii } = terminal
    if (json) terminal.out(`${plainJson(answer, 2)}\n`)
    else if (flags.quiet !== true || answer.status !== "ok")
      terminal.out(renderDoctor(answer, { columns, color, ascii, top: 0, verbose: flags.verbose === true }))
    if (stop.aborted) return stop.reason === "terminated" ? 143 : 130
    return exits[answer.status]
  } catch (error) {
    if (json && error instanceof InputError && !terminal.printed) {
      const { code, message, hint } = error
      const document = {
        schemaVersion,
        tool: { name: "torrent-audit", version },
        command: "doctor",
        error: { code, message, hint },
      }
      terminal.out(`${plainJson(document, 2)}\n`)
    }
    throw error
  }
}

async function answerOf(context: Context) {
  const { flags, stop, environment } = context
  refuseTargets(context, "doctor")
  if (textsOf(flags, "out").length > 0)
    throw new InputError("usage", "doctor saves nothing", "Use --json and a redirection.")
  const { families, port, trackers, dhtBootstrap, allowLocal, pace } = gatherOptions(flags)
  const map = flags.map === true
  if (map && flags.proxy !== undefined)
    throw new InputError(
      "usage",
      "--map with --proxy",
      "A proxy has no router to ask: leave one of them out.",
    )
  const timeoutMs = optionOf(flags, "timeout", parseDuration) ?? limits.doctor.timeoutMs
  const { network, off } = await networkFor(context, { families, port })
  const startedAt = network.date().toISOString()
  const startedMs = network.now()
  const deadline = AbortSignal.timeout(timeoutMs)
  const facts = await examine({
    network,
    families,
    port,
    map,
    trackers,
    dhtBootstrap,
    allowLocal,
    pace,
    off,
    proxied: flags.proxy !== undefined,
    environment,
    userAgent: `torrent-audit/${version}`,
    signal: AbortSignal.any([stop, deadline]),
  })
  const checks = judge(facts)
  return {
    schemaVersion,
    tool: { name: "torrent-audit", version },
    command: "doctor" as const,
    startedAt,
    ms: network.now() - startedMs,
    complete: !stop.aborted && !deadline.aborted,
    status: statusOf(checks),
    checks,
    error: null,
  }
}
