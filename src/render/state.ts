/**
 * What of an audit is worth telling: its status, and which audits found a problem. Not about whom: which of a swarm's peers is
 * met, and caught, differs from run to run.
 */
import type { AuditRow, Status } from "../report.ts"

export interface State {
  status: Status
  /** Ids, sorted, each once. */
  audits: readonly string[]
}

export const stateOf = ({ status, problems }: Pick<AuditRow, "status" | "problems">): State => ({
  status,
  audits: status === "ok" ? [] : [...new Set(problems.map(({ audit }) => audit))].sort(),
})

/** A problem that comes and goes while others stay is told once: one that went is no news, and one that was told is none. */
export const isNews = (told: State, now: State): boolean =>
  told.status !== now.status || now.audits.some((audit) => !told.audits.includes(audit))

/** What has been told, once `now` was looked at. */
export const afterwards = (told: State, now: State): State =>
  told.status === now.status
    ? { status: now.status, audits: [...new Set([...told.audits, ...now.audits])].sort() }
    : now

/** `warning corrupt-data dead-tracker` */
export const fingerprintOf = ({ status, audits }: State): string => [status, ...audits].join(" ")

/** The other way round. */
export function stateFrom(fingerprint: string, status: Status): State {
  const [, ...audits] = fingerprint.split(" ")
  return { status, audits }
}
