/** What was concluded; can always be computed again from the evidence alone. */
import * as z from "zod"
import { count, evidence, type Evidence } from "./evidence.ts"
import { swarm } from "./report/swarm.ts"

export type * from "./report/fleet-status.ts"
export * from "./report/swarm.ts"

export const verdicts = ["pass", "warn", "fail", "inconclusive", "skipped", "error"] as const
export type Verdict = (typeof verdicts)[number]

export const statuses = ["ok", "warning", "critical", "unknown"] as const
export type Status = (typeof statuses)[number]

/** swarm | self | tracker:URL | peer:ADDRESS | dht | webseed:URL. A warn or fail with a peer as its subject accuses that peer. */
export type Subject = "swarm" | "self" | "dht" | `tracker:${string}` | `peer:${string}` | `webseed:${string}`

export const finding = z.object({
  audit: z.string(),
  verdict: z.enum(verdicts),
  subject: z.custom<Subject>((value) => typeof value === "string").meta({ type: "string" }),
  claimed: z.string().nullable(),
  measured: z.string().nullable(),
  because: z.string().meta({ description: "one sentence, with the numbers" }),
  advice: z.string().nullable(),
  pValue: z.number().min(0).max(1).nullable(),
  evidence: z.record(z.string(), z.json()),
})
export type Finding = z.infer<typeof finding>

/** One question. `judge` is pure and sees only the parts of the evidence that it declares. */
export interface Audit<K extends keyof Evidence = keyof Evidence> {
  id: string
  title: string
  question: string
  references: readonly string[]
  requires: readonly K[]
  judge(evidence: Pick<Evidence, K>): readonly Finding[]
}

export const verdict = z.object({
  status: z.enum(statuses),
  exitCode: z.int().min(0).max(3),
  downloadable: z.enum(["yes", "no", "unknown", "untested"]),
  because: z.string(),
})
export type VerdictSummary = z.infer<typeof verdict>

/** One audit in a line: what the history lists, trends are drawn from, and changes are told by. */
export interface AuditRow {
  /** `run.id`, 8 hexadecimal digits. */
  id: string
  /** v1 where the torrent has one. */
  infoHash: string
  name: string
  /** `run.vantage.label`; null: it had none. */
  vantage: string | null
  startedAt: string
  durationMs: number
  depth: Snapshot["run"]["depth"]
  complete: boolean
  status: Status
  downloadable: VerdictSummary["downloadable"]
  seedersClaimed: number | null
  seedersReached: number
  seedersVerified: number
  leechersClaimed: number | null
  leechersReached: number
  /** Distributed copies among reached peers; null: the depth tells none. */
  copies: number | null
  reachRatio: number | null
  medianBytesPerSecond: number | null
  /** Every `warn` and `fail`, worst first. */
  problems: readonly { audit: string; subject: string; verdict: "warn" | "fail" }[]
}

export const report = z.object({ verdict, swarm, findings: z.array(finding) })
export type Report = z.infer<typeof report>

export const schemaVersion = "1.6"

export const snapshot = z.object({
  schemaVersion: z.string(),
  tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
  ...evidence.shape,
  ...report.shape,
  error: z.null(),
})
export type Snapshot = z.infer<typeof snapshot>

/** What `--json` prints of several targets. */
export const fleetReport = z
  .object({
    schemaVersion: z.string(),
    tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
    verdict: z.object({
      status: z.enum(statuses).meta({ description: "the worst: critical, unknown, warning, ok" }),
      exitCode: z.int().min(0).max(3),
      targets: count.meta({ description: "each torrent once" }),
      ok: count,
      warning: count,
      critical: count,
      unknown: count.meta({ description: "those that failed not counted" }),
      failed: count,
      notAudited: count.meta({ description: "a signal came first" }),
    }),
    snapshots: z.array(snapshot).meta({ description: "worst first" }),
    failed: z.array(
      z.object({
        target: z.string(),
        error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
      }),
    ),
    error: z.null(),
  })
  .meta({ description: "several targets in one command; since 1.5" })
export type FleetReport = z.infer<typeof fleetReport>

/** What `--json` prints when the input is bad: the other parts are null. */
export const failedSnapshot = z.object({
  schemaVersion: z.string(),
  tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
  run: z.null(),
  torrent: z.null(),
  trackers: z.null(),
  dht: z.null(),
  webSeeds: z.null(),
  peers: z.null(),
  verdict: z.null(),
  swarm: z.null(),
  findings: z.null(),
  error: z.object({ code: z.string(), message: z.string(), hint: z.string() }),
})
export type FailedSnapshot = z.infer<typeof failedSnapshot>
