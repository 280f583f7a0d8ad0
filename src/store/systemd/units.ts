/** A schedule as a service and a timer of systemd (systemd.service(5), systemd.timer(5)), and read back from them. */
import { parseCronExpression } from "../cron-expression.ts"
import { quietly } from "../quietly.ts"
import type { Scheduled } from "../scheduled.ts"
import { calendarOf } from "./calendar.ts"

export interface Units {
  service: string
  timer: string
}

const mark = "# torrent-audit schedule "

/** Of units for the whole machine, which root alone can have; a user's own manager can't do the rest of them. */
const machineHardening = [
  "ProtectKernelTunables=yes",
  "ProtectKernelModules=yes",
  "ProtectKernelLogs=yes",
  "ProtectControlGroups=yes",
  "ProtectClock=yes",
]
/** Read-only under `ProtectSystem=full`: who names a place there may want to write to it. */
const protectedPath = /^@?\/(?:usr|etc|boot|efi)\//

const hardening = [
  "NoNewPrivileges=yes",
  "LockPersonality=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  // Netlink lists the network interfaces; Unix sockets reach the resolver.
  "RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX",
]

export function unitsOf(scheduled: Scheduled, forMachine: boolean): Units {
  const { id, expression, environment, words } = scheduled
  const times = parseCronExpression(expression)
  const settings = Object.entries(environment).map(
    ([name, value]) => `Environment=${quote(`${name}=${value}`, { dollars: false })}`,
  )
  const lines = (...all: string[]) => `${all.join("\n")}\n`
  const header = "# Written by torrent-audit; `torrent-audit schedule install` writes it anew."
  const network = forMachine ? ["Wants=network-online.target", "After=network-online.target"] : []
  return {
    service: lines(
      header,
      `${mark}${JSON.stringify({ expression, environment, words })}`,
      "[Unit]",
      `Description=torrent-audit ${id}`,
      ...network,
      "",
      "[Service]",
      "Type=oneshot",
      ...settings,
      `ExecStart=${execStart(words)}`,
      ...hardening,
      ...(forMachine ? machineHardening : []),
      ...(forMachine &&
      ![...words.slice(2), ...Object.values(environment)].some((word) => protectedPath.test(word))
        ? ["ProtectSystem=full"]
        : []),
    ),
    timer: lines(
      header,
      "[Unit]",
      `Description=torrent-audit ${id} by the clock`,
      "",
      "[Timer]",
      ...calendarOf(times).map((each) => `OnCalendar=${each}`),
      "Persistent=true",
      // Not everybody's at once; but what comes several times an hour should not come in clusters.
      `RandomizedDelaySec=${times.minutes.length > 1 ? "1m" : "15m"}`,
      "",
      "[Install]",
      "WantedBy=timers.target",
    ),
  }
}

/** The program's own path may hold nothing special; what comes after it may. */
const execStart = (words: readonly string[]): string => {
  const [program = "", ...rest] = /^[\w@+=:,./-]+$/.test(words[0] ?? "") ? words : ["/usr/bin/env", ...words]
  return [program, ...rest.map((word) => quote(word, { dollars: true }))].join(" ")
}

function quote(word: string, { dollars }: { dollars: boolean }): string {
  const escaped = word.replaceAll("%", "%%").replaceAll(/["\\]/g, String.raw`\$&`)
  const safe = dollars ? escaped.replaceAll("$", "$$$$") : escaped
  return /^[\w@+=:,./%$-]+$/.test(safe) ? safe : `"${safe}"`
}

/** Of a service file; null: none of ours, or one that somebody has changed past reading. */
export function scheduledIn(id: string, service: string): Scheduled | null {
  const line = service.split("\n").find((each) => each.startsWith(mark))
  const found: unknown = line === undefined ? null : quietly(() => JSON.parse(line.slice(mark.length)))
  if (typeof found !== "object" || found === null) return null
  if (!("expression" in found && "words" in found && "environment" in found)) return null
  const { expression, words, environment } = found
  if (typeof expression !== "string" || !isTexts(words)) return null
  if (typeof environment !== "object" || environment === null || !isTexts(Object.values(environment)))
    return null
  return {
    on: "systemd",
    id,
    expression,
    words,
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, String(value)]),
    ),
    mailto: null,
  }
}

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((each) => typeof each === "string")
