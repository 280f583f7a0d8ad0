/** Schedules as systemd units: a user's own, or root's for the machine. */
import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { isAbsolute, join } from "node:path"
import { InputError } from "../failure.ts"
import { makeDirectory } from "./directory.ts"
import { quietly } from "./quietly.ts"
import type { Scheduled } from "./scheduled.ts"
import { writeWhole } from "./snapshot-file.ts"
import { scheduledIn, unitsOf } from "./systemd/units.ts"
import { homeDirectory } from "./xdg.ts"

export interface UnitPlace {
  directory: string
  /** Of the whole machine, root's; otherwise of one user's manager. */
  forMachine: boolean
  /** Whether systemd runs here, so that it can be told. */
  runs: boolean
}

export function unitPlace(environment: NodeJS.ProcessEnv, uid: number): UnitPlace {
  const runs = existsSync("/run/systemd/system")
  if (uid === 0) return { directory: "/etc/systemd/system", forMachine: true, runs }
  const given = environment["XDG_CONFIG_HOME"]
  const config = given && isAbsolute(given) ? given : join(homeDirectory(), ".config")
  return { directory: join(config, "systemd", "user"), forMachine: false, runs }
}

export const timerOf = (id: string): string => `torrent-audit-${id}.timer`
export const serviceOf = (id: string): string => `torrent-audit-${id}.service`

/** What one types: `systemctl --user …`. */
export const systemctlWords = (place: UnitPlace, ...words: readonly string[]): string[] => [
  "systemctl",
  ...(place.forMachine ? [] : ["--user"]),
  ...words,
]

export const whenInstalled = (place: UnitPlace, id: string): string[][] => [
  systemctlWords(place, "daemon-reload"),
  systemctlWords(place, "enable", "--now", timerOf(id)),
]

/** In place of the units of that id. Throws InputError `cant-write`, and `no-systemd` where it runs and refuses. */
export async function installUnits(place: UnitPlace, scheduled: Scheduled): Promise<void> {
  const { service, timer } = unitsOf(scheduled, place.forMachine)
  quietly(() => makeDirectory(place.directory))
  await writeWhole(join(place.directory, serviceOf(scheduled.id)), service)
  await writeWhole(join(place.directory, timerOf(scheduled.id)), timer)
  if (!place.runs) return
  for (const words of whenInstalled(place, scheduled.id)) await tell(words, place)
  // One that ran already goes on by its old times otherwise.
  await tell(systemctlWords(place, "restart", timerOf(scheduled.id)), place)
}

export function scheduledUnits(place: UnitPlace): Scheduled[] {
  const names = quietly(() => readdirSync(place.directory)) ?? []
  return names.toSorted().flatMap((name) => {
    const id = /^torrent-audit-([0-9a-f]{8})\.service$/.exec(name)?.[1]
    const text = id === undefined ? null : quietly(() => readFileSync(join(place.directory, name), "utf8"))
    return (id === undefined || text === null ? null : scheduledIn(id, text)) ?? []
  })
}

/** False: there were none. */
export async function removeUnits(place: UnitPlace, id: string): Promise<boolean> {
  const files = [timerOf(id), serviceOf(id)].map((name) => join(place.directory, name)).filter(existsSync)
  if (files.length === 0) return false
  if (place.runs) await tell(systemctlWords(place, "disable", "--now", timerOf(id)), place)
  for (const file of files) {
    if (quietly(() => (rmSync(file), true)) === true) continue
    throw new InputError("cant-write", `cannot remove ${file}`, "Remove it as its owner.")
  }
  if (place.runs) await tell(systemctlWords(place, "daemon-reload"), place)
  return true
}

const systemctlMs = 30_000

function tell([program = "", ...words]: readonly string[], place: UnitPlace): Promise<void> {
  const said = [program, ...words].join(" ")
  const hint = place.forMachine
    ? "The units are written; run it yourself."
    : "The units are written; run it in a session of your own, with XDG_RUNTIME_DIR set."
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ["ignore", "ignore", "pipe"], timeout: systemctlMs })
    let err = ""
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
    const fail = (why: string) =>
      reject(new InputError("no-systemd", `${said}: ${why.trim().slice(0, 300)}`, hint))
    child.on("error", (error) => fail(error.message))
    child.on("close", (status) => (status === 0 ? resolve() : fail(err || `exit status ${status}`)))
  })
}
