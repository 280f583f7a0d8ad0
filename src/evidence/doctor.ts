/** What `torrent-audit doctor` found about this machine and its network: one document, the same for `--json` and for the page. */
import type { Endpoint, Family } from "./basics.ts"

export const doctorChecks = [
  "ipv4",
  "ipv6",
  "dns",
  "udp",
  "dht",
  "clock",
  "inbound",
  "files",
  "storage",
  "node",
] as const
export type DoctorCheckName = (typeof doctorChecks)[number]

/** `untested`: nothing could be, or was to be, asked. */
export type DoctorLevel = "ok" | "warning" | "problem" | "untested"

export interface DoctorCheck {
  name: DoctorCheckName
  level: DoctorLevel
  found: string
  /** What it means for an audit, in a sentence. */
  means: string
  /** What `found` says, as data; its members are the check's own. */
  facts: Readonly<Record<string, DoctorFact>>
}

export type DoctorFact =
  | string
  | number
  | boolean
  | null
  | readonly (string | Readonly<Record<string, unknown>>)[]

export interface DoctorAnswer {
  schemaVersion: string
  tool: { name: string; version: string }
  command: "doctor"
  startedAt: string
  ms: number
  complete: boolean
  status: "ok" | "warning" | "problem"
  checks: readonly DoctorCheck[]
  error: null
}

/** How a router was asked for a port. */
export type MappingProtocol = "pcp" | "nat-pmp" | "upnp"

export interface MappedPort {
  protocol: MappingProtocol
  transport: "tcp" | "udp"
  outside: Endpoint
  released: boolean
}

export type { Endpoint, Family }
