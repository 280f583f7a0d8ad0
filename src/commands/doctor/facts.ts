/** What the doctor's examinations saw, without any opinion; judge.ts has those. */
import type { Endpoint, Family } from "../../evidence.ts"
import type { MappedPort } from "../../evidence/doctor.ts"
import type { Failure } from "../../failure.ts"
import type { AddressKind } from "../../torrent/endpoint.ts"

export interface NameFact {
  name: string
  ms: number
  failure: Failure | null
}

export interface NodeFact {
  /** As it was given or resolved. */
  address: Endpoint
  family: Family
  /** Of its reply; null: none came. */
  ms: number | null
  failure: Failure | null
  /** BEP 42 `ip`: where it sees us, and from which port of ours we asked. */
  seenAs: { host: string; port: number } | null
  fromPort: number
}

export interface ClockFact {
  /** Its URL, without what may be secret. */
  tracker: string
  /** Ours less its, ms; null: no usable date. */
  skewMs: number | null
  /** A date has whole seconds, and a reply takes time. */
  plusMinusMs: number
  failure: Failure | null
}

export interface MappingFact {
  gateway: string | null
  mapped: readonly MappedPort[]
  /** What each protocol came to that mapped nothing. */
  tried: readonly { protocol: MappedPort["protocol"]; failure: Failure }[]
}

export interface Facts {
  wanted: readonly Family[]
  proxied: boolean
  /** What the proxy can't carry. */
  off: readonly string[]
  addresses: readonly { host: string; family: Family; kind: AddressKind }[]
  names: readonly NameFact[]
  nodes: readonly NodeFact[]
  /** Families whose UDP socket could not be opened. */
  noSocket: readonly { family: Family; failure: Failure }[]
  clock: ClockFact | null
  inbound: {
    /** Given by the user. */
    given: boolean
    port: number | null
    tcp: Failure | null
    udp: Failure | null
    mapping: MappingFact | null
  }
  files: { soft: number | null; unlimited: boolean }
  directories: readonly { what: string; path: string; failure: string | null }[]
  node: string
}
