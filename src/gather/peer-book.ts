/** Everybody we heard of: who named them, every attempt, and what their best visit showed. */
import type { Failure } from "../failure.ts"
import type { Attempt, Echo, Endpoint, Family, Peer, Sighting, Silence, Stage } from "../evidence.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { countPieces, toBase64 } from "../torrent/bitfield.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import type { Way } from "../wire/dial.ts"
import type { Session, SessionRecord } from "../wire/session.ts"
import { outcomeOf } from "./outcome.ts"
import { readingsOf } from "./readings.ts"

/** One address while the run lasts. */
export interface Entry {
  readonly address: Endpoint
  /** Of the address; empty and null where it is none. */
  readonly host: string
  readonly family: Family | null
  readonly sources: Sighting[]
  readonly attempts: Attempt[]
  /** Records of every visit that got a connection, in order. */
  readonly visits: SessionRecord[]
  session: Session | null
  /** A connection with it was open once, whatever came of it. */
  opened: boolean
  /** We asked it for pieces: choking us then means something. */
  interested: boolean
  /** It was given its full time to unchoke us, and did not. */
  choked: boolean
  /** It was dialled once more, since it gave nothing: see second-ask.ts. */
  askedAgain: boolean
  /** What it made of an info hash that nobody knows; null: it was not asked. */
  echo: Echo | null
  /** What that cost. */
  echoBytes: { readonly read: number; readonly written: number }
  /** Of greetings that only showed whether our line was up: see line-checks.ts. */
  checkBytes: { read: number; written: number }
  /** Set when the address is not dialled at all. */
  barred: "filtered" | "self" | null
  /** Its port alone bars it: a peer may well be there, and we don't dial it. */
  leftUntested: boolean
  /** At an address of the other family, met before under the same peer id: maybe the same peer, see homes.ts. */
  namesake: Entry | null
  /** That one, as long as it stands for this one, which needs no visit then. */
  sameAs: Entry | null
  /** It does no longer, and this one is to be visited: dials left for that. */
  released: number
  /** How many entries have this one for a namesake. */
  otherHomeCount: number
}

export function newEntry(address: Endpoint): Entry {
  const at = parseEndpoint(address)
  return {
    address,
    host: at?.host ?? "",
    family: at?.family ?? null,
    sources: [],
    attempts: [],
    visits: [],
    session: null,
    opened: false,
    interested: false,
    choked: false,
    askedAgain: false,
    echo: null,
    echoBytes: { read: 0, written: 0 },
    checkBytes: { read: 0, written: 0 },
    barred: null,
    leftUntested: false,
    namesake: null,
    sameAs: null,
    released: 0,
    otherHomeCount: 0,
  }
}

/** Its last visit with a completed handshake. */
export const lastMet = ({ visits }: Entry): SessionRecord | null =>
  visits.findLast(({ handshakeMs }) => handshakeMs !== null) ?? null

export const peerIdOf = (entry: Entry): string | null => lastMet(entry)?.peerId ?? null

export const clientOf = (entry: Entry): string | null => lastMet(entry)?.client ?? null

/** Ours, by the ordinary ways. */
export const ownDials = ({ attempts }: Pick<Entry, "attempts">): Attempt[] =>
  attempts.filter(({ direction, relay }) => direction === "outgoing" && relay === undefined)

/** What PEX says of it, all speakers together. */
export const flagsOf = ({ sources }: Entry): number =>
  sources.reduce((flags, source) => flags | (source.flags ?? 0), 0)

/** It told what it holds. */
export const hasClaimed = ({ visits }: Entry): boolean => visits.some(({ pieces }) => pieces !== null)

export interface AttemptStart {
  readonly direction: Attempt["direction"]
  readonly transport: Attempt["transport"]
  /** What was agreed; as long as nothing is, the most that we offer. */
  readonly encryption: Attempt["encryption"]
  /** It began so long ago, ms. */
  readonly sinceMs?: number
  readonly relay?: Endpoint | null
}

export const offered = ({ transport, encrypted }: Way): Pick<AttemptStart, "transport" | "encryption"> => ({
  transport,
  encryption: encrypted ? "mse-rc4" : "none",
})

export interface RunningAttempt {
  readonly transport: Attempt["transport"]
  agreed(encryption: Attempt["encryption"]): void
  /** The answer ends it: why, and whether it was handshaken on the right info hash. `tookMs`: not until now, but for so long. */
  finish(why: Failure, ok: boolean, tookMs?: number): void
}

export function startAttempt(
  entry: Entry,
  { direction, transport, encryption, sinceMs = 0, relay = null }: AttemptStart,
  { network, now }: { network: Pick<Network, "date">; now: () => number },
): RunningAttempt {
  const atMs = now() - sinceMs
  const attempt: Attempt = {
    at: new Date(network.date().getTime() - sinceMs).toISOString(),
    atMs,
    direction,
    transport,
    encryption,
    ok: false,
    failure: null,
    ms: 0,
    ...(relay === null ? {} : { relay }),
  }
  entry.attempts.push(attempt)
  return {
    transport,
    agreed: (on) => void Object.assign(attempt, { encryption: on }),
    finish: (why, ok, tookMs = now() - atMs) => void Object.assign(attempt, { ok, failure: why, ms: tookMs }),
  }
}

export const stageOf = (entry: Entry): Stage => {
  const samples = entry.visits.flatMap((visit) => visit.samples)
  if (samples.some(({ verified }) => verified === true)) return "verified"
  if (samples.some(({ verified }) => verified !== null)) return "served"
  if (entry.visits.some(({ unchokeMs }) => unchokeMs !== null)) return "unchoked"
  if (entry.visits.some(({ pieces }) => pieces !== null)) return "claimed"
  if (entry.visits.some(({ handshakeMs }) => handshakeMs !== null)) return "identified"
  if (entry.opened || entry.visits.some(({ connectMs }) => connectMs !== null)) return "connected"
  return entry.attempts.length > 0 ? "dialled" : "sighted"
}

const rank = (visit: SessionRecord): number =>
  visit.samples.filter(({ verified }) => verified !== null).length * 10 +
  (visit.unchokeMs === null ? 0 : 4) +
  (visit.pieces === null ? 0 : 2) +
  (visit.handshakeMs === null ? 0 : 1)

/** The visit that got furthest; the later one of two equals, since what it shows is fresher. */
const best = (entry: Entry): SessionRecord | null =>
  entry.visits.reduce<SessionRecord | null>(
    (found, visit) => (found === null || rank(visit) >= rank(found) ? visit : found),
    null,
  )

/** The rates are left open: one depends on who else was measured meanwhile, the other on the torrent. */
export function toPeer(entry: Entry, pieceCount: number): Peer {
  const visit = best(entry)
  const samples = entry.visits.flatMap((each) => each.samples)
  const bits = visit?.pieces ?? null
  const haveCount = bits === null ? null : countPieces(bits)
  const { outcome, why } = outcomeOf(entry, visit)
  const silences = silencesOf(entry)
  return {
    address: entry.address,
    alsoAt: [],
    sources: entry.sources,
    attempts: entry.attempts,
    stage: stageOf(entry),
    outcome,
    failure: why,
    peerId: visit?.peerId ?? null,
    client: visit?.client ?? null,
    clientFamily: visit?.clientFamily ?? null,
    reserved: visit?.reserved ?? null,
    extensions: visit?.extensions ?? null,
    fast: visit?.fast ?? null,
    claimSent: visit === null || visit.pieces === null ? null : visit.claimSent,
    bitfield: bits === null ? null : toBase64(bits),
    haveCount,
    haveRatio: haveCount === null ? null : haveCount / pieceCount,
    haveEvents: visit?.haveEvents ?? [],
    readings: readingsOf(entry.visits),
    ...(silences.length > 0 && { silences }),
    ...(entry.echo !== null && { echo: entry.echo }),
    samples,
    goodputBytesPerSecond: null,
    downloadBytesPerSecond: null,
    pex: pexOf(entry),
    timeline: {
      connectMs: visit?.connectMs ?? null,
      handshakeMs: visit?.handshakeMs ?? null,
      bitfieldMs: visit?.bitfieldMs ?? null,
      unchokeMs: visit?.unchokeMs ?? null,
      firstBlockMs: visit?.firstBlockMs ?? null,
      closedMs: visit?.closedMs ?? null,
    },
  }
}

/** Shorter ones are nothing to speak of. */
const silencesOf = ({ visits }: Entry): Silence[] =>
  visits
    .flatMap(({ silence }) => silence ?? [])
    .filter(({ waitedMs }) => waitedMs >= limits.peer.blockMs)
    .slice(0, 64)

function pexOf({ visits }: Entry): Peer["pex"] {
  const spoken = visits.flatMap(({ pex }) => pex ?? [])
  if (spoken.length === 0) return null
  const sum = (of: (pex: NonNullable<Peer["pex"]>) => number) =>
    spoken.reduce((total, pex) => total + of(pex), 0)
  return {
    messages: sum(({ messages }) => messages),
    added: sum(({ added }) => added),
    dropped: sum(({ dropped }) => dropped),
  }
}
