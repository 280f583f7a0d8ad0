/** The snapshot beside what the clients themselves say. */
import type { Peer } from "../../src/evidence.ts"
import type { Finding, Snapshot } from "../../src/report.ts"
import { countHeld, piecesOf, type Truth } from "./client.ts"
import type { Payload } from "./payload.ts"
import { isSeeder, type Member } from "./swarm.ts"
import { check, equal, kibPerSecond, percent, table, type Check } from "./table.ts"

/** «within 15% of the set rate» */
const tolerance = 0.15

export interface Known {
  member: Member
  truth: Truth
  /** What its link carries, measured with plain TCP; null: not shaped. */
  uplinkBytesPerSecond: number | null
}

export const bitfieldOf = (pieces: readonly boolean[]): string => {
  const bits = Buffer.alloc(Math.ceil(pieces.length / 8))
  pieces.forEach((held, piece) => {
    if (held) bits[piece >> 3] = (bits[piece >> 3] ?? 0) | (0x80 >> (piece & 7))
  })
  return bits.toString("base64")
}

const endpointsOf = ({ address, host, client }: Member): string[] => [
  `${address}:${client.port}`,
  `[${host.ipv6}]:${client.port}`,
]

export const peerOf = (snapshot: Snapshot, member: Member): Peer | undefined => {
  const mine = endpointsOf(member)
  return snapshot.peers.find((peer) =>
    [peer.address, ...peer.alsoAt].some((address) => mine.includes(address)),
  )
}

/** Version as the client's own interface gives it; what is shown may leave out a last «.0». */
const saysVersion = (shown: string, version: string): boolean =>
  shown.includes(version) || shown.endsWith(` ${version.replace(/\.0$/, "")}`)

export const claimedBy = (snapshot: Snapshot, member: Member, pieceCount: number): boolean[] =>
  piecesOf(Buffer.from(peerOf(snapshot, member)?.bitfield ?? "", "base64"), pieceCount)

/** For a leecher that downloads meanwhile: it held at least `before`, and by now holds `after`. */
export function checkProgressing(
  snapshot: Snapshot,
  member: Member,
  before: readonly boolean[],
  after: readonly boolean[],
): Check {
  const peer = peerOf(snapshot, member)
  const claimed = claimedBy(snapshot, member, after.length)
  const lost = before.filter((held, piece) => held && !claimed[piece]).length
  const invented = claimed.filter((held, piece) => held && !after[piece]).length
  return check(
    `${member.host.name}: bitfield between before and after`,
    typeof peer?.bitfield === "string" && lost === 0 && invented === 0,
    `${countHeld(before)} ≤ ${peer?.haveCount ?? "–"} ≤ ${countHeld(after)}, ${lost} lost, ${invented} invented`,
  )
}

export function checkClient({ member, truth }: Known, peer: Peer): Check {
  const shown = peer.client ?? ""
  const { identity } = member.plan.driver
  return check(
    `${member.host.name}: client`,
    identity.client.test(shown) && saysVersion(shown, truth.version),
    shown,
  )
}

function checkPeer({ member, truth, uplinkBytesPerSecond }: Known, peer: Peer | undefined): Check[] {
  const name = member.host.name
  if (!peer) return [check(`${name}: found`, false, "not in the snapshot")]
  // Once a rate is known well enough, what is still in the air is called off: «aborted» is no failure of the peer.
  const wrong = peer.samples.filter(
    ({ verified, failure }) => verified === false || (failure !== null && failure.code !== "aborted"),
  )
  const right = peer.samples.filter((sample) => sample.verified === true)
  const checks = [
    check(`${name}: found`, true),
    equal(`${name}: outcome`, peer.outcome, "ok"),
    equal(`${name}: bitfield is the client's own`, peer.bitfield, bitfieldOf(truth.pieces)),
    equal(`${name}: pieces held`, peer.haveCount, truth.haveCount),
    checkClient({ member, truth, uplinkBytesPerSecond }, peer),
    check(
      `${name}: sampled pieces verified`,
      right.length > 0 && wrong.length === 0,
      `${right.length} right, ${wrong.length} not (${wrong.map(({ failure }) => failure?.code).join(", ")}), of ${peer.samples.length}`,
    ),
  ]
  const goodput = peer.goodputBytesPerSecond?.value ?? null
  if (uplinkBytesPerSecond !== null && goodput !== null) {
    const share = goodput / uplinkBytesPerSecond
    checks.push(check(`${name}: goodput`, Math.abs(share - 1) <= tolerance, percent(share)))
  }
  return checks
}

export const problems = (snapshot: Snapshot): Finding[] =>
  snapshot.findings.filter(({ verdict }) => verdict === "warn" || verdict === "fail" || verdict === "error")

const describe = (findings: readonly Finding[]): string =>
  findings
    .map(({ audit, verdict, subject, because }) => `${verdict} ${audit} ${subject}: ${because}`)
    .join("; ")

/** A `warn` or `fail` about a peer, or one that calls a tracker a liar. */
export const accusations = (snapshot: Snapshot): Finding[] =>
  problems(snapshot).filter(
    ({ audit, subject }) =>
      subject.startsWith("peer:") || ["phantom-seeders", "tracker-disagreement"].includes(audit),
  )

export const checkNoAccusation = (snapshot: Snapshot): Check => {
  const found = accusations(snapshot)
  return check("nobody is accused", found.length === 0, describe(found))
}

export const checkNoProblem = (snapshot: Snapshot): Check => {
  const found = problems(snapshot)
  return check("no warning at all", found.length === 0, describe(found))
}

export function checkCounts(snapshot: Snapshot, payload: Payload, members: readonly Member[]): Check[] {
  const seeders = members.filter(({ plan }) => isSeeder(plan, payload)).length
  const leechers = members.length - seeders
  const { swarm } = snapshot
  return [
    equal("seeders reached", swarm.seeders.reached, seeders),
    equal("seeders claimed", swarm.seeders.claimed, seeders),
    equal("seeders verified", swarm.seeders.verified, seeders),
    equal("leechers reached", swarm.leechers.reached, leechers),
    equal("leechers claimed", swarm.leechers.claimed, leechers),
    equal("leechers verified", swarm.leechers.verified, leechers),
  ]
}

/** Ourselves aside, nobody is in the snapshot who isn't in the lab. */
export function checkStrangers(snapshot: Snapshot, members: readonly Member[]): Check {
  const known = new Set(members.flatMap(endpointsOf))
  const strangers = snapshot.peers.filter((peer) => peer.outcome !== "self" && !known.has(peer.address))
  return check("no strangers", strangers.length === 0, strangers.map((peer) => peer.address).join(", "))
}

/** `factor`: how much the tracker exaggerates. Our own registrations are in its counts, not in its list. */
export function checkTrackers(
  snapshot: Snapshot,
  payload: Payload,
  members: readonly Member[],
  factor = 1,
): Check[] {
  const seeders = members.filter(({ plan }) => isSeeder(plan, payload)).length
  return snapshot.trackers.flatMap((tracker) => {
    const first = tracker.announces[0]
    if (!first?.ok) return [check(`${tracker.url} answered`, false, JSON.stringify(first?.failure ?? null))]
    const leechers = (members.length - seeders + first.selfCount) * factor
    return [
      equal(`${tracker.url} counts`, [first.seeders, first.leechers], [seeders * factor, leechers]),
      equal(`${tracker.url} peers`, first.peerCount, members.length),
    ]
  })
}

/** Payload is other people's bandwidth: the default budget is a bound, not an aim. */
export const checkFrugal = (snapshot: Snapshot, mostBytes: number): Check =>
  check(
    "took little",
    snapshot.run.usage.payloadBytes <= mostBytes && snapshot.run.capsHit.length === 0,
    `${(snapshot.run.usage.payloadBytes / 1_048_576).toFixed(1)} MiB, caps hit: ${JSON.stringify(snapshot.run.capsHit)}`,
  )

/** What others disturbed gives no rate: one in ten may be unknown, and none wrong. */
function checkTimed(snapshot: Snapshot, known: readonly Known[]): Check[] {
  const shaped = known.filter(({ uplinkBytesPerSecond }) => uplinkBytesPerSecond !== null)
  const untimed = shaped.filter(
    ({ member }) => (peerOf(snapshot, member)?.goodputBytesPerSecond ?? null) === null,
  )
  const names = untimed.map(({ member }) => member.host.name).join(", ")
  return shaped.length === 0
    ? []
    : [check("timed", untimed.length <= Math.floor(shaped.length / 10), `not: ${names}`)]
}

export function compare(snapshot: Snapshot, known: readonly Known[]): { checks: Check[]; table: string } {
  const rows = [
    ["client", "shown as", "pieces", "truth", "right", "unchoke", "KiB/s", "95%", "truth", "share"],
  ]
  const checks = known.flatMap((entry) => {
    const peer = peerOf(snapshot, entry.member)
    const goodput = peer?.goodputBytesPerSecond ?? null
    const uplink = entry.uplinkBytesPerSecond
    rows.push([
      entry.member.host.name,
      peer?.client ?? peer?.outcome ?? "not found",
      String(peer?.haveCount ?? "–"),
      String(entry.truth.haveCount),
      `${peer?.samples.filter((sample) => sample.verified).length ?? 0}/${peer?.samples.length ?? 0}`,
      String(Math.round(peer?.timeline.unchokeMs ?? -1)),
      kibPerSecond(goodput?.value ?? null),
      goodput ? `${kibPerSecond(goodput.low)}–${kibPerSecond(goodput.high)}` : "–",
      kibPerSecond(uplink),
      goodput && uplink ? percent(goodput.value / uplink) : "–",
    ])
    return checkPeer(entry, peer)
  })
  return { checks: [...checks, ...checkTimed(snapshot, known)], table: table(rows) }
}
