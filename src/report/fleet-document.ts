/** The validator of what `fleet status --json` prints: `FleetStatus`, as part of the public contract. */
import * as z from "zod"
import { count, depths, ms, ratio, time } from "../evidence.ts"
import { statuses, verdict, type AuditRow } from "../report.ts"
import type { FleetPoint, FleetQueue, FleetTorrent, FleetVantage, FleetView } from "./fleet-status.ts"

const infoHash = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/)

const auditRow = z
  .object({
    id: z.string(),
    infoHash,
    name: z.string(),
    vantage: z.string().nullable(),
    startedAt: time,
    durationMs: ms,
    depth: z.enum(depths),
    complete: z.boolean(),
    status: z.enum(statuses),
    downloadable: verdict.shape.downloadable,
    seedersClaimed: count.nullable(),
    seedersReached: count.meta({ description: "says nothing at a depth that visits no peer" }),
    seedersVerified: count,
    leechersClaimed: count.nullable(),
    leechersReached: count,
    copies: z.number().min(0).nullable().meta({ description: "distributed copies among reached peers" }),
    reachRatio: ratio.nullable(),
    medianBytesPerSecond: z.number().min(0).nullable(),
    problems: z
      .array(z.object({ audit: z.string(), subject: z.string(), verdict: z.enum(["warn", "fail"]) }))
      .meta({ description: "worst first" }),
  })
  .meta({ id: "auditRow", description: "one audit in a line" }) satisfies z.ZodType<AuditRow>

const point = auditRow.pick({
  startedAt: true,
  status: true,
  depth: true,
  complete: true,
  seedersClaimed: true,
  seedersReached: true,
  copies: true,
}) satisfies z.ZodType<FleetPoint>

const view = z.object({
  vantage: z.string(),
  newest: auditRow.nullable().meta({ description: "null: not audited yet" }),
  dayBefore: auditRow
    .nullable()
    .meta({ description: "the last that began at least a day ago, the newest apart; null: none" }),
  recent: z
    .array(point)
    .meta({ description: "of each third of a day the worst, the last seven days, oldest first" }),
  audits: count,
  nextDueAt: time.nullable(),
  failed: z
    .object({ dueAt: time, attempts: count, code: z.string(), message: z.string() })
    .nullable()
    .meta({ description: "the newest due audit, where it came to nothing" }),
}) satisfies z.ZodType<FleetView>

const torrent = z.object({
  infoHash,
  name: z.string(),
  cron: z.string().meta({ description: "five fields, UTC" }),
  views: z.array(view).meta({ description: "in order of their labels; empty: no worker has come yet" }),
}) satisfies z.ZodType<FleetTorrent>

const vantage = z.object({
  label: z.string(),
  workers: z.array(
    z.object({
      id: z.string(),
      host: z.string(),
      pid: count,
      version: z.string(),
      startedAt: time,
      seenAt: time,
      alive: z.boolean().meta({ description: "it holds its lease" }),
      running: count,
    }),
  ),
  lastAuditAt: time.nullable(),
  auditsLastDay: count,
}) satisfies z.ZodType<FleetVantage>

const queue = z.object({
  waiting: count,
  running: count,
  retrying: count.meta({ description: "of the waiting: tried before" }),
  oldestDueAt: time.nullable().meta({ description: "null: nothing waits" }),
  doneLastDay: count,
  failedLastDay: count,
}) satisfies z.ZodType<FleetQueue>

export const fleetStatusDocument = z
  .object({
    schemaVersion: z.string(),
    tool: z.object({ name: z.literal("torrent-audit"), version: z.string() }),
    at: time,
    torrents: z.array(torrent),
    vantages: z.array(vantage),
    queue,
    error: z.null(),
  })
  .meta({ description: "what `fleet status` prints; since 1.6" })
export type FleetStatusDocument = z.infer<typeof fleetStatusDocument>
