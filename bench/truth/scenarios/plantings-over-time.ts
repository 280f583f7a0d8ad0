/** Lies that show once there are several looks, or an operator's log: trackers' counts, downloads that go back, false reports. */
import type { TrackerLie } from "../../../src/demo/tracker-lies.ts"
import {
  KiB,
  MiB,
  plain,
  type CastPlan,
  type MemberPlan,
  type TrackerPlan,
  type TruthScenario,
} from "../scenario.ts"
import { honest, small, times } from "./planted.ts"

const some = { every: 1, of: 5 } as const
const atWork = { uplinkBytesPerSecond: 96 * KiB, sharing: true } as const

const library = (lie: TrackerLie | null): TrackerPlan => ({
  kind: "library",
  factor: 1,
  // Counts may be kept for an interval: what is to show in two minutes needs a short one.
  intervalMs: 60_000,
  minIntervalMs: 5_000,
  ...(lie ? { lie } : {}),
})

/** Of the lab's own network, where nobody lives. */
const strangers = (count: number, subnet: number): string[] =>
  Array.from({ length: count }, (_, at) => `10.77.${subnet}.${at + 1}:6881`)

/**
 * 67 is no length to which a tracker cuts its lists. More of them at more trackers overflow the kernel's table of neighbours, which all
 * namespaces share.
 */
const listed: readonly CastPlan[] = [
  { role: "seeder", bytesPerSecond: 512 * KiB, count: 40 },
  { role: "leecher", bytesPerSecond: 512 * KiB, count: 18 },
  { role: "finisher", bytesPerSecond: 512 * KiB, count: 9 },
]

/** What a tracker's counts do over time shows in several looks. */
const sevenTimes = {
  rounds: { every: "20s", rounds: 7 },
  flags: ["--pace", "fast", "--timeout", "18s"],
  ratesAreKnown: false,
  compared: false,
} as const

export const plantingsOverTime: readonly TruthScenario[] = [
  {
    ...plain,
    name: "plantings-counts",
    title:
      "trackers that count too many or too few beside honest ones, sixty-seven peers at each, asked seven times",
    payload: small,
    members: honest,
    cast: listed,
    otherTrackers: [
      ...[2, 2.5, 4, 10, 0.4, 0.2, 0.1].map((factor) => library({ kind: "scaled", factor })),
      library(null),
    ],
    ...sevenTimes,
  },
  {
    ...plain,
    name: "plantings-counters",
    title:
      "trackers that invent, repeat or pad beside an honest one, sixty-seven peers at each, asked seven times",
    payload: small,
    members: honest,
    cast: listed,
    otherTrackers: [
      library({ kind: "frozen", fromPeers: 67, downloads: 900 }),
      library({ kind: "frozen", fromPeers: 67, downloads: 900 }),
      library({ kind: "constant", seeders: 4_000, leechers: 1_000, downloads: 70_000 }),
      library({ kind: "constant", seeders: 45, leechers: 15, downloads: 900 }),
      library({ kind: "padded", addresses: strangers(100, 200) }),
      library({ kind: "padded", addresses: strangers(80, 201) }),
      library({ kind: "implausible-downloads", perSecond: 2_000_000 }),
      library({ kind: "implausible-downloads", perSecond: 3_000_000 }),
      library(null),
    ],
    ...sevenTimes,
  },
  {
    ...plain,
    name: "plantings-rounds",
    title: "met seven times: downloads that go back again and again, and some that restart with less",
    payload: small,
    members: honest,
    cast: [
      ...times(6, "rewinder"),
      ...times(3, "restarts-with-less"),
      ...times(3, "gaining"),
      ...times(1, "super-seeder"),
      ...times(2, "leecher"),
    ],
    events: [
      { kind: "restart", member: 1, atMs: 30_000, kill: true, holding: { from: 0, to: 0.6 } },
      { kind: "restart", member: 4, atMs: 60_000, kill: true, holding: { from: 0, to: 0.4 } },
    ],
    ...sevenTimes,
  },
  {
    ...plain,
    name: "plantings-reports",
    title: "real clients whose trackers hear false figures, among honest ones, one of them restarted",
    payload: { sizeBytes: 24 * MiB, pieceBytes: 32 * KiB, private: true },
    members: [
      { ...atWork, driver: "qbittorrent", holding: "all" },
      { ...atWork, driver: "deluge", holding: "all" },
      { ...atWork, driver: "rtorrent", holding: some },
      { ...atWork, driver: "aria2", holding: some },
      { ...atWork, driver: "transmission", holding: some },
      { ...atWork, driver: "libtorrent-partial", holding: { from: 0, to: 0.5 } },
      ...(["libtorrent", "transmission", "aria2"] as const).flatMap((driver): MemberPlan[] => [
        {
          ...atWork,
          driver,
          holding: "all",
          misreports: {
            lie: { uploadedFactor: 10, uploadedBytesPerSecond: 24 * MiB },
            audit: "misreported-uploaded",
          },
        },
        {
          ...atWork,
          driver,
          holding: some,
          misreports: { lie: { downloaded: 0 }, audit: "misreported-downloaded" },
        },
        driver === "libtorrent"
          ? {
              ...atWork,
              driver,
              holding: "all",
              misreports: { lie: { left: 24 * MiB }, audit: "misreported-left" },
            }
          : {
              ...atWork,
              driver,
              holding: some,
              misreports: { lie: { left: 0 }, audit: "misreported-left" },
            },
      ]),
    ],
    announceLog: { intervalMs: 4_000 },
    events: [{ kind: "restart", member: 4, atMs: 9_000 }],
    // Leechers are watched for half a minute where pieces are asked for.
    flags: ["--pace", "fast", "--timeout", "60s"],
    ratesAreKnown: false,
    compared: false,
  },
]
