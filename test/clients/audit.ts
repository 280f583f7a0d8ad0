/** Runs the built command inside the auditor's namespace and reads what it saved. */
import { existsSync, mkdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import type { Snapshot } from "../../src/report.ts"
import type { Host } from "./netns.ts"
import type { Payload } from "./payload.ts"
import type { Ended } from "./processes.ts"
import type { Stage } from "./scenario.ts"
import { check, equal, type Check } from "./table.ts"

export interface Audited {
  snapshot: Snapshot
  ended: Ended
  /** About the run itself: documents agree, judging again gives the same. */
  checks: Check[]
}

/** For scenarios that are not about who else names peers: PEX alone makes a run last until the last speaker spoke. */
export const trackersOnly = ["--no-dht", "--no-pex"]

let runs = 0

/** A home of its own each time: a stored tracker answer of an earlier scenario must not be reused. */
function homeFor(host: Host): { directory: string; env: Record<string, string> } {
  const directory = join(host.directory, `run-${++runs}`)
  mkdirSync(directory, { recursive: true })
  const xdg = { XDG_STATE_HOME: "state", XDG_CACHE_HOME: "cache", XDG_CONFIG_HOME: "config" }
  const env = Object.fromEntries(Object.entries(xdg).map(([name, folder]) => [name, join(directory, folder)]))
  return { directory, env: { HOME: directory, ...env } }
}

/** Another command of it, by a newcomer: a host and a home of its own. */
export function runCommand(stage: Stage, host: Host, words: readonly string[]): Promise<Ended> {
  const { directory, env } = homeFor(host)
  const options = { cwd: directory, env, timeoutMs: 90_000 }
  return stage.lab.attempt(host, process.execPath, [stage.cli, ...words], options)
}

/** `target`: what it is asked about, the payload's .torrent when absent. */
export async function auditSwarm(
  stage: Stage,
  payload: Payload,
  flags: readonly string[],
  target = payload.torrentFile,
): Promise<Audited> {
  const { lab, auditor, cli } = stage
  const { directory, env } = homeFor(auditor)
  const saved = join(directory, "out.json")
  const options = { cwd: directory, env, timeoutMs: 240_000 }
  const common = ["--json", "--redact", "none"]
  const ended = await lab.attempt(
    auditor,
    process.execPath,
    [cli, target, "--allow-local", "-o", saved, ...common, ...flags],
    options,
  )
  const printed = parse(ended.stdout)
  if (printed === null || ended.code === null)
    throw new Error(`exit ${ended.code} after ${Math.round(ended.ms)} ms: ${ended.stderr.slice(-2_000)}`)
  if (printed.error !== null) throw new Error(`refused: ${JSON.stringify(printed.error)}`)
  const snapshot = printed
  const onFile = parse(readFileSync(saved, "utf8"))
  const again = await lab.attempt(auditor, process.execPath, [cli, "report", saved, ...common], options)

  return {
    snapshot,
    ended,
    checks: [
      equal("the saved snapshot is the printed one", onFile, snapshot),
      equal("report on it gives the same findings", parse(again.stdout)?.findings, snapshot.findings),
      check(
        "no payload was sent",
        snapshot.run.usage.uploadedBytes < 1_000_000,
        `${snapshot.run.usage.uploadedBytes} bytes`,
      ),
      equal("the exit code is the verdict's", ended.code, snapshot.verdict.exitCode),
    ],
  }
}

/** The same again and again in one home: what each run saw is known to the next. The last one's snapshot. */
export async function watchSwarm(
  stage: Stage,
  flags: readonly string[],
  target: string,
  { every, rounds, timeoutMs }: { every: string; rounds: number; timeoutMs: number },
): Promise<Audited> {
  const { lab, auditor, cli } = stage
  const { directory, env } = homeFor(auditor)
  const saved = join(directory, "last.json")
  const asked = ["--every", every, "--rounds", String(rounds), "--json", "--redact", "none", "-o", saved]
  const ended = await lab.attempt(
    auditor,
    process.execPath,
    [cli, "watch", target, "--allow-local", ...asked, ...flags],
    { cwd: directory, env, timeoutMs },
  )
  const snapshot = existsSync(saved) ? parse(readFileSync(saved, "utf8")) : null
  if (snapshot === null || ended.code === null)
    throw new Error(`exit ${ended.code} after ${Math.round(ended.ms)} ms: ${ended.stderr.slice(-2_000)}`)
  return {
    snapshot,
    ended,
    checks: [
      equal("the exit code is the last verdict's", ended.code, snapshot.verdict.exitCode),
      equal("it knows of the rounds before", snapshot.earlier?.runs.length ?? 0, rounds - 1),
    ],
  }
}

function parse(text: string): Snapshot | null {
  try {
    return JSON.parse(text) as Snapshot
  } catch {
    return null
  }
}
