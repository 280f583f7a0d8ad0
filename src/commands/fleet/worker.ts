/** `fleet worker --vantage LABEL`: audits what is due from here, until it is told to stop. */
import { hostname } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { InputError } from "../../failure.ts"
import { work, type WorkerEvent } from "../../fleet/worker.ts"
import { openShared } from "../../gather.ts"
import { limits } from "../../limits.ts"
import { formatError } from "../../render/errors.ts"
import { escape } from "../../render/text.ts"
import { openFleet, type Fleet } from "../../store/fleet.ts"
import { holdLock } from "../../store/lock.ts"
import { openAuditing } from "../audit-target.ts"
import { refuseTargets, type Command, type Context } from "../context.ts"
import { audits } from "../many/audits.ts"
import { specOf } from "../options.ts"
import { parseCount } from "../values.ts"
import { version } from "../version.ts"
import { auditorFor } from "./auditor.ts"
import { fleetPlace } from "./places.ts"

export const worker: Command = async (context) => {
  const { stop } = context
  refuseTargets(context, "fleet worker")
  const auditing = await openAuditing(context)
  const { vantage } = auditing.options
  if (vantage === undefined)
    throw new InputError(
      "usage",
      "fleet worker needs --vantage",
      "Name the place that it looks from: --vantage ams-1.",
    )
  const atOnce = atOnceOf(context) ?? audits(auditing.options)
  const fleet = await openFleet(fleetPlace(context), { connections: atOnce + spareConnections })
  const free = await alone(fleet, context)
  try {
    const { network, off } = await auditing.network()
    const shared = await openShared({ ...auditing.options, network, off })
    try {
      const key = await fleet.manners.redactionKey()
      const auditor = auditorFor(context, { network, shared, key })
      const identity = { vantage, host: hostname(), pid: process.pid, version }
      await inTime(work(fleet, auditor, { ...identity, atOnce, tell: teller(context) }, stop), stop)
    } finally {
      shared.close()
    }
  } finally {
    // A connection that somebody still waits on would keep us.
    await Promise.race([fleet.close(), sleep(1_000, undefined, { ref: false })])
    free()
  }
  return stop.reason === "terminated" ? 143 : 130
}

/** With its database away it can put nothing back: after a while its lease says so for it. */
async function inTime(working: Promise<void>, stop: AbortSignal): Promise<void> {
  const over = new AbortController()
  const late = new Promise<void>((resolve) => {
    const onStop = () =>
      void sleep(limits.fleet.leaveMs, undefined, { signal: over.signal }).then(resolve, () => {})
    if (stop.aborted) onStop()
    else stop.addEventListener("abort", onStop, { once: true })
  })
  await Promise.race([working, late])
  over.abort()
}

/** To listen, to say that it lives, to plan. */
const spareConnections = 3

function atOnceOf({ flags }: Context): number | null {
  const spec = specOf("at-once")
  const given = flags["at-once"]
  if (spec === undefined || given === undefined || given === true) return null
  return parseCount(spec, given.at(-1) ?? "", 1, limits.fleet.maxAtOnce)
}

/** A file has room for one worker; what a killed one was at is free again. */
async function alone({ database, workers }: Fleet, context: Context): Promise<() => void> {
  if (database.kind === "postgres") return () => {}
  const lock = await holdLock(fleetPlace(context), "fleet")
  if (!lock.held)
    throw new InputError(
      "locked",
      `a worker is running already${lock.heldBy === null ? "" : ` (pid ${lock.heldBy})`}`,
      "Several need a database: --store postgres://…",
    )
  await workers.giveUpLost(0)
  return lock.free
}

/** A line for each audit; trouble once, until it is over. */
function teller({ flags, terminal }: Context): (event: WorkerEvent) => void {
  const shown = (text: string) => escape(text, terminal.ascii)
  let trouble: string | null = null
  return (event) => {
    const at = new Date().toISOString()
    if (event.type === "trouble") {
      const { error } = event
      const known =
        error instanceof InputError ? error : new InputError("internal", String(error), "Please report it.")
      if (known.message !== trouble)
        terminal.err(formatError(known, { color: terminal.errorColor, ascii: terminal.ascii }))
      trouble = known.message
      return
    }
    trouble = null
    if (event.type === "lost") terminal.err("note: the lease was lost; what was begun is somebody else's\n")
    if (flags.quiet === true) return
    if (event.type === "ready") terminal.out(`${at} worker=${event.id} ready\n`)
    if (event.type === "ended") {
      const why = event.error === null ? "" : ` because=${JSON.stringify(shown(event.error.message))}`
      terminal.out(
        `${at} ${event.how} torrent=${JSON.stringify(shown(event.name))} due=${event.dueAt}${why}\n`,
      )
    }
  }
}
