/** Fleets to draw: by hand, a few torrents; made up by chance that is always the same, as many as wanted. */
import type {
  AuditRow,
  FleetPoint,
  FleetStatus,
  FleetTorrent,
  FleetVantage,
  FleetView,
  FleetWorker,
} from "../../src/report.ts"
import { chance } from "./html-snapshots.ts"
import { problem, row } from "./rows.ts"

export const at = "2026-03-15T09:15:00.000Z"
const hourMs = 3_600_000

export const before = (hours: number): string => new Date(Date.parse(at) - hours * hourMs).toISOString()

/** An audit so many hours ago. */
export const audited = (hours: number, overrides: Partial<AuditRow> = {}): AuditRow =>
  row(0, { startedAt: before(hours), ...overrides })

/** Seeders reached so many hours ago. */
export const points = (
  all: readonly (readonly [hours: number, seedersReached: number])[],
  overrides: Partial<FleetPoint> = {},
): FleetPoint[] =>
  all.map(([hours, seedersReached]) => ({
    startedAt: before(hours),
    status: "ok",
    depth: "sample",
    complete: true,
    seedersClaimed: 48,
    seedersReached,
    copies: seedersReached + 0.5,
    ...overrides,
  }))

export const view = (overrides: Partial<FleetView> = {}): FleetView => ({
  vantage: "ber",
  newest: audited(1),
  dayBefore: audited(25),
  recent: [],
  audits: 7,
  nextDueAt: before(-5),
  failed: null,
  ...overrides,
})

export const torrent = (name: string, views: readonly FleetView[]): FleetTorrent => ({
  infoHash: Buffer.from(name).toString("hex").padEnd(40, "0").slice(0, 40),
  name,
  cron: "15 */6 * * *",
  views,
})

export const worker = (overrides: Partial<FleetWorker> = {}): FleetWorker => ({
  id: "w1",
  host: "audit-1",
  pid: 4711,
  version: "0.1.0",
  startedAt: before(100),
  seenAt: new Date(Date.parse(at) - 12_000).toISOString(),
  alive: true,
  running: 1,
  ...overrides,
})

export const vantage = (label: string, overrides: Partial<FleetVantage> = {}): FleetVantage => ({
  label,
  workers: [worker({ id: `${label}-1` })],
  lastAuditAt: before(0.05),
  auditsLastDay: 164,
  ...overrides,
})

export const fleetStatus = (overrides: Partial<FleetStatus> = {}): FleetStatus => ({
  at,
  torrents: [],
  vantages: [vantage("ber"), vantage("fra"), vantage("nyc")],
  queue: { waiting: 0, running: 3, retrying: 0, oldestDueAt: null, doneLastDay: 492, failedLastDay: 0 },
  ...overrides,
})

/** Everywhere the same. */
const everywhere = (newest: Partial<AuditRow>, dayBefore: Partial<AuditRow> = newest): FleetView[] =>
  ["ber", "fra", "nyc"].map((label) =>
    view({ vantage: label, newest: audited(1, newest), dayBefore: audited(25, dayBefore) }),
  )

const dead = problem("dead-tracker", "warn", "tracker:udp://old.example.net:1337")

/** One of each kind that there is. */
export function smallFleet(): FleetStatus {
  const [ber, fra] = everywhere({})
  const gone = { status: "critical", seedersClaimed: 12, seedersReached: 0, copies: 0.98 } as const
  return fleetStatus({
    torrents: [
      torrent("fine.iso", everywhere({ seedersReached: 5, copies: 5.5 })),
      torrent("example-os-13.1-amd64.iso", [
        view({ ...ber, newest: audited(1, { status: "warning", problems: [dead] }) }),
        view({
          ...fra,
          recent: points([
            [130, 19],
            [60, 20],
            [25, 18],
          ]),
        }),
      ]),
      torrent(
        "dataset-2019.tar",
        ["ber", "fra", "nyc"].map((label) =>
          view({
            vantage: label,
            newest: audited(2, { ...gone, problems: [problem("no-seeder", "fail")] }),
            dayBefore: audited(26, { seedersClaimed: 12, seedersReached: 8, copies: 8.4 }),
            recent: points([
              [150, 9],
              [98, 8],
              [26, 8],
            ]),
          }),
        ),
      ),
      torrent("magazine-scans", [
        view({
          newest: audited(3, { status: "unknown", seedersClaimed: 3, seedersReached: 0, copies: null }),
          dayBefore: null,
        }),
      ]),
      torrent("films-1931", [
        view({
          failed: {
            dueAt: before(2),
            attempts: 3,
            code: "no-metadata",
            message: "no peer sent metadata in 3m",
          },
        }),
      ]),
      torrent("brand-new", [view({ newest: null, dayBefore: null, audits: 0, nextDueAt: before(0.1) })]),
    ],
    vantages: [
      vantage("ber", {
        workers: [worker({ running: 2 }), worker({ id: "w2", alive: false, seenAt: before(9) })],
      }),
      vantage("fra"),
      vantage("nyc", {
        workers: [worker({ host: "audit-9", alive: false, running: 0, seenAt: before(9) })],
        lastAuditAt: before(9),
        auditsLastDay: 41,
      }),
    ],
    queue: {
      waiting: 12,
      running: 3,
      retrying: 1,
      oldestDueAt: before(2),
      doneLastDay: 369,
      failedLastDay: 3,
    },
  })
}

const words = {
  first: [
    "example-os",
    "dataset",
    "lectures",
    "magazine-scans",
    "field-recordings",
    "maps",
    "films",
    "archive",
    "weather",
  ],
  second: ["13.1", "2019", "vol-7", "complete", "north", "raw", "restored", "mirror", "autumn"],
  last: ["amd64.iso", "tar", "flac", "cbz", "mkv", "csv.zst", "pdf", "netcdf"],
} as const

const kinds = [
  ["dead-tracker", "warn", "tracker:udp://old.example.net:1337"],
  ["low-reach", "warn", "swarm"],
  ["stale-webseed", "warn", "webseed:https://mirror.example.org/files/"],
  ["no-seeder", "fail", "swarm"],
  ["corrupt-data", "fail", "peer:203.0.113.0/24~k7f3a9:51413"],
  ["missing-pieces", "fail", "swarm"],
] as const

/** Most are well, a few are not, and one place sees some of them otherwise. */
export function largeFleet(count = 1_000, labels: readonly string[] = ["ber", "fra", "nyc"]): FleetStatus {
  const next = chance(count)
  const some = <T>(of: readonly T[]): T => of[Math.floor(next() * of.length)]!
  const torrents = Array.from({ length: count }, (_, index): FleetTorrent => {
    const name = `${some(words.first)}-${some(words.second)}-${String(index).padStart(4, "0")}.${some(words.last)}`
    const usual = Math.ceil(next() ** 4 * 300) + 2
    const ill = next() < 0.06
    const falls = next() < 0.02
    const recovers = !ill && next() < 0.015
    const isNew = next() < 0.004
    const wasIll = recovers || (ill && next() < 0.7)
    const found = some(kinds)
    return {
      infoHash: Array.from({ length: 5 }, () =>
        Math.floor(next() * 2 ** 32)
          .toString(16)
          .padStart(8, "0"),
      ).join(""),
      name,
      cron: "15 */6 * * *",
      views: labels.map((label) => {
        const agrees = next() < 0.9
        const seeders = (hours: number) =>
          Math.max(0, Math.round(usual * (0.75 + 0.2 * next()) * (falls && hours < 26 ? 0.3 : 1)))
        const audit = (hours: number, problems: AuditRow["problems"]): AuditRow => {
          const seedersReached = problems[0]?.audit === "no-seeder" ? 0 : seeders(hours)
          const status =
            problems.length === 0 ? "ok" : problems[0]?.verdict === "fail" ? "critical" : "warning"
          return audited(hours, {
            name,
            status,
            problems,
            seedersReached,
            copies: seedersReached + 0.4,
            seedersClaimed: Math.round(usual * 1.6),
          })
        }
        const was = agrees ? [problem(found[0], found[1], found[2])] : []
        const now = ill ? was : []
        const newest = audit(next() * 6, now)
        const isLost = next() < 0.004
        return view({
          vantage: label,
          newest: isLost ? { ...newest, status: "unknown", seedersReached: 0, copies: null } : newest,
          dayBefore: isNew ? null : audit(25 + next() * 5, wasIll ? was : []),
          recent: points(
            Array.from(
              { length: isNew ? 0 : 21 },
              (_, third) => [166 - third * 8, seeders(166 - third * 8)] as const,
            ),
          ),
          audits: 28,
        })
      }),
    }
  })
  return fleetStatus({
    torrents,
    vantages: labels.map((label) => vantage(label, { auditsLastDay: 4 * count })),
    queue: {
      waiting: 41,
      running: 6,
      retrying: 2,
      oldestDueAt: before(0.1),
      doneLastDay: 4 * count * labels.length,
      failedLastDay: 7,
    },
  })
}
