/**
 * `watch` for hours in minutes: rounds as short as pace `lab` allows, over loopback swarms that come and go, one target and several with DHT
 * and LSD. Does memory grow, do descriptors or handles stay open? `node bench/soak.ts [--minutes N] [one|several]`. The second needs root and
 * `unshare`, as LSD must not leave the machine: it runs in a network of its own.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { record } from "./record.ts"
import type { Reading } from "./soak/gauge.ts"
import { lineThrough } from "./soak/line.ts"
import type { SoakWorld } from "./soak/swarm.ts"

const MiB = 2 ** 20
const here = import.meta.dirname
const words = process.argv.slice(2)
const at = words.indexOf("--minutes")
const minutes = at < 0 ? 20 : Number(words[at + 1])
const variant = words.find((word) => word === "one" || word === "several") ?? "one"
const inOwnNetwork = process.env["SOAK_OWN_NETWORK"] === "1"

if (variant === "several" && !inOwnNetwork) {
  const setUp = ["ip link set lo up multicast on", "ip route add 239.0.0.0/8 dev lo", 'exec "$0" "$@"'].join(
    " && ",
  )
  const again = [process.execPath, import.meta.filename, ...words]
  const env = { ...process.env, SOAK_OWN_NETWORK: "1" }
  const inside = spawn("unshare", ["--net", "sh", "-c", setUp, ...again], { env, stdio: "inherit" })
  const [status] = (await once(inside, "exit")) as [number | null]
  process.exit(status ?? 1)
}

interface Sample {
  round: number
  rssBytes: number
  descriptors: number
}

const folder = mkdtempSync(join(tmpdir(), "torrent-audit-soak-"))
const several = variant === "several"
const script = [join(here, "soak", "swarm.ts"), folder, several ? "3" : "1", "8", ...(several ? ["lsd"] : [])]
const swarm = spawn(process.execPath, script, { stdio: ["pipe", "pipe", "inherit"] })
const [line] = (await once(swarm.stdout, "data")) as [Buffer]
const world = JSON.parse(line.toString()) as SoakWorld

const gauge = join(folder, "gauge.ndjson")
const discovery = several
  ? ["--lsd", ...world.bootstrap.slice(0, 3).flatMap((port) => ["--dht-bootstrap", `127.0.0.1:${port}`])]
  : ["--no-dht"]
const cli = join(here, "..", "bin", "torrent-audit.js")
const gauged = ["--expose-gc", "--import", join(here, "soak", "gauge.ts"), cli]
const often = ["--every", "1s", "--pace", "lab", "--timeout", "5s", "--max-download", "4MiB", "--sample", "4"]
const watch = spawn(
  process.execPath,
  [...gauged, "watch", ...world.torrents, ...often, "--allow-local", ...discovery],
  {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      ...process.env,
      XDG_STATE_HOME: folder,
      XDG_CACHE_HOME: folder,
      XDG_CONFIG_HOME: folder,
      SOAK_GAUGE: gauge,
    },
  },
)
const ended = once(watch, "exit") as Promise<[number | null]>

const samples: Sample[] = []
let rounds = 0
/** Once in each round: the page of one begins, or the table of several. */
const ends = several ? /^VERDICT .*\d torrents?, /gm : /^\S+ (OK|WARNING|CRITICAL|UNKNOWN) /gm
let text = ""
watch.stdout.setEncoding("utf8").on("data", (chunk: string) => {
  text += chunk
  const whole = text.lastIndexOf("\n") + 1
  rounds += [...text.slice(0, whole).matchAll(ends)].length
  text = text.slice(whole)
})

function sample(): void {
  try {
    const status = readFileSync(`/proc/${watch.pid}/status`, "utf8")
    const rssBytes = 1_024 * Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1])
    if (Number.isNaN(rssBytes)) return
    const descriptors = readdirSync(`/proc/${watch.pid}/fd`).length
    samples.push({ round: rounds, rssBytes, descriptors })
  } catch {
    // It ended by itself: said below.
  }
}

const startedMs = performance.now()
const timer = setInterval(sample, 1_000)
const stopper = setTimeout(() => watch.kill("SIGTERM"), minutes * 60_000)
const [status] = await ended
clearInterval(timer)
clearTimeout(stopper)
swarm.stdin.end()
await once(swarm, "exit")
if (status !== 143) throw new Error(`watch ended by itself with ${status}, after ${rounds} rounds`)

const readings = readFileSync(gauge, "utf8")
  .trim()
  .split("\n")
  .map((each) => JSON.parse(each) as Reading)
/** Readings know the time, not the round. */
const roundAt = (atMs: number): number => (atMs / (performance.now() - startedMs)) * rounds
const half = <T>(all: readonly T[]): T[] => all.slice(Math.floor(all.length / 2))
const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
/** Around a share of the run: a single sample may stand in the middle of an audit. */
const around = <T>(all: readonly T[], share: number): T[] => {
  const width = Math.max(1, Math.floor(all.length / 20))
  const from = Math.min(all.length - width, Math.floor(all.length * share))
  return all.slice(from, from + width)
}
const rssOf = (share: number) => medianOf(around(samples, share).map(({ rssBytes }) => rssBytes)) / MiB
/** Fewest: what stays open between two rounds. */
const fewest = (share: number) => Math.min(...around(samples, share).map(({ descriptors }) => descriptors))
const handles = (share: number) =>
  Math.min(
    ...around(readings, share).map(({ active }) =>
      Object.values(active).reduce((sum, each) => sum + each, 0),
    ),
  )
const perRound = (points: readonly (readonly [number, number])[]) => {
  const { slope, low, high } = lineThrough(points)
  return [slope, low, high].map((each) => (100 * each) / MiB) as [number, number, number]
}
const rss = perRound(half(samples).map(({ round, rssBytes }) => [round, rssBytes]))
const heap = perRound(half(readings).map(({ atMs, heapBytes }) => [roundAt(atMs), heapBytes]))

record(`soak-${variant}`, {
  rounds,
  minutes: (performance.now() - startedMs) / 60_000,
  rssMiBAtTenth: rssOf(0.1),
  rssMiBAtEnd: rssOf(0.95),
  rssMiBPer100Rounds: rss[0],
  rssMiBPer100RoundsLow: rss[1],
  rssMiBPer100RoundsHigh: rss[2],
  heapMiBAtTenth: medianOf(around(readings, 0.1).map(({ heapBytes }) => heapBytes)) / MiB,
  heapMiBAtEnd: medianOf(around(readings, 0.95).map(({ heapBytes }) => heapBytes)) / MiB,
  heapMiBPer100Rounds: heap[0],
  heapMiBPer100RoundsLow: heap[1],
  heapMiBPer100RoundsHigh: heap[2],
  descriptorsAtTenth: fewest(0.1),
  descriptorsAtEnd: fewest(0.95),
  handlesAtTenth: handles(0.1),
  handlesAtEnd: handles(0.95),
})
rmSync(folder, { recursive: true })
