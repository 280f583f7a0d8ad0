/** Audits in a line each, to draw a history from. */
import type { AuditRow } from "../../src/report.ts"

export const row = (hour: number, overrides: Partial<AuditRow> = {}): AuditRow => ({
  id: hour.toString(16).padStart(8, "0"),
  infoHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
  name: "example-os-13.1-amd64.iso",
  startedAt: new Date(Date.UTC(2026, 2, 14, hour)).toISOString(),
  vantage: null,
  durationMs: 60_000,
  depth: "sample",
  complete: true,
  status: "ok",
  downloadable: "yes",
  seedersClaimed: 48,
  seedersReached: 19,
  seedersVerified: 11,
  leechersClaimed: 9,
  leechersReached: 8,
  copies: 20.83,
  reachRatio: 0.39,
  medianBytesPerSecond: 1_200_000,
  problems: [],
  ...overrides,
})

export const problem = (audit: string, verdict: "warn" | "fail" = "warn", subject = "swarm") => ({
  audit,
  subject,
  verdict,
})

export const warned = (hour: number, ...audits: readonly string[]): AuditRow =>
  row(hour, { status: "warning", problems: audits.map((audit) => problem(audit)) })
