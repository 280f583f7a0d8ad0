import type { Peer, Sample } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { connectionAt } from "../measure/connections.ts"
import { whyNoPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { membershipOf, type Member } from "../measure/members.ts"
import { counted, countedIfKnown, listed } from "../measure/wording.ts"
import { witnessesAmong, type Witnesses } from "../measure/witnesses.ts"

const audit = "unserved-claims"
const leastPieces = 2
const leastTimes = 2
const leastConnections = 2
/** Between the first and the last refusal of a piece: a fault that passes is no lie. */
const leastApartMs = 30_000
const mostRows = 50

interface Suspect {
  peer: Peer
  withheld: Map<number, Sample[]>
  /** Of those withheld, the pieces that count against it. */
  proven: [piece: number, samples: Sample[]][]
  guilty: boolean
  /** Served nothing: then only refusals count, see `refusedTo`. */
  mute: boolean
}

/**
 * Claims pieces, then refuses or ignores requests for them while serving others. Chokes, closes and budgets of ours never count. A
 * silent peer may only have stalled: silence counts if, while it lasted, the peer sent another piece that was asked for no
 * earlier, and twice only if it served something in between.
 *
 * Who serves nothing may be silent for many reasons, which is another audit's matter; but a client without a free slot chokes, and
 * one that lost its data says so (BEP 54) or closes. It is accused if it unchoked us on two connections and on both refused the same
 * pieces, which others served, without a choke or a silence in between.
 */
export const unservedClaims = {
  id: audit,
  title: "Unserved claims",
  question: "Does each peer that serves us serve what it claims?",
  references: ["BEP 3", "BEP 6"],
  requires: ["run", "torrent", "peers"],
  judge(evidence) {
    const { run, peers } = evidence
    const witnesses = witnessesAmong(peers)
    const { reached } = membershipOf(evidence)
    const suspects = reached.flatMap((member): Suspect[] => {
      const { peer } = member
      if (servedBy(peer).length === 0) return refusedTo(member, witnesses)
      const withheld = withheldBy(member)
      if (withheld.size === 0) return []
      const proven = [...withheld].filter(
        ([piece, samples]) =>
          (samples.filter(isRefusal).length >= leastTimes || silentTwice(peer, samples)) &&
          witnesses.ofPiece(piece, peer, 1).length > 0,
      )
      return [{ peer, withheld, proven, guilty: proven.length >= leastPieces, mute: false }]
    })
    const group = suspects.filter(({ guilty }) => guilty).map(({ peer }) => peer.address)
    if (suspects.length > 0) return suspects.map((suspect) => suspicion(suspect, witnesses, group))
    const servers = reached.filter(({ served }) => served).length
    if (servers === 0) return [finding(audit, "skipped", whyNoPieces(run.depth))]
    const because = `none of ${counted(servers, "serving peer")} withheld a piece that it claims`
    return [finding(audit, "pass", because)]
  },
} satisfies Audit<"run" | "torrent" | "peers">

function suspicion(
  { peer, withheld, proven, guilty, mute }: Suspect,
  witnesses: Witnesses,
  group: readonly string[],
): Finding {
  const about = guilty ? proven : [...withheld]
  const samples = about.flatMap(([, samples]) => samples)
  const served = servedBy(peer).length
  const pieces = listed(
    about.map(([piece]) => piece),
    5,
  )
  const what = `${peer.address} claims ${about.length === 1 ? "piece" : "pieces"} ${pieces}, but ${howOften(samples)} ${mute ? "and served nothing" : `while it served ${counted(served, "other piece")}`}`
  const because = guilty
    ? `${what}${mute ? ", on two connections" : ""}; other peers served them`
    : `${what}; ${mute ? "only the same refusals on a second connection, of pieces that others serve, would tell a lie from a fault that passes" : "too little to accuse it"}`
  return finding(audit, guilty ? "warn" : "inconclusive", because, {
    subject: `peer:${peer.address}`,
    claimed: countedIfKnown(peer.haveCount, "piece"),
    measured: `${counted(withheld.size, "claimed piece")} withheld, ${served} served`,
    advice: guilty ? "If this is your client, recheck its files; downloaders waste time on it." : null,
    evidence: {
      client: peer.client,
      samples: samples.slice(0, mostRows).map(({ piece, atMs, ms, failure }) => ({
        piece,
        atMs,
        ms,
        failure: failure?.code ?? null,
        rightFrom: witnesses.ofPiece(piece, peer),
      })),
      group: guilty ? group.slice(0, mostRows) : [],
    },
  })
}

const servedBy = (peer: Peer): Sample[] => peer.samples.filter(({ verified }) => verified === true)

/** Of a peer that served nothing: the claimed pieces that it refused, and those of them that it refused on two connections. */
function refusedTo({ peer, holds }: Member, witnesses: Witnesses): Suspect[] {
  const refusals = peer.samples.filter((sample) => isRefusal(sample) && holds(sample.piece))
  if (refusals.length === 0) return []
  const withheld = new Map<number, Sample[]>()
  for (const sample of refusals) withheld.set(sample.piece, [...(withheld.get(sample.piece) ?? []), sample])
  const connections = (samples: readonly Sample[]) =>
    new Set(samples.map(({ atMs }) => connectionAt(peer, atMs)).filter((each) => each !== null)).size
  const proven = [...withheld].filter(
    ([piece, samples]) =>
      samples.length > leastConnections &&
      connections(samples) >= leastConnections &&
      Math.max(...samples.map(({ atMs }) => atMs)) - Math.min(...samples.map(({ atMs }) => atMs)) >=
        leastApartMs &&
      witnesses.ofPiece(piece, peer, 1).length > 0,
  )
  const consistent = peer.samples.every(
    (sample) => sample.bytes === 0 && (isRefusal(sample) || isOurs(sample)),
  )
  return [{ peer, withheld, proven, guilty: consistent && proven.length >= leastPieces, mute: true }]
}

/** Claimed pieces that it never sent, with what it did instead. */
function withheldBy({ peer, holds }: Member): Map<number, Sample[]> {
  const got = new Set(servedBy(peer).map(({ piece }) => piece))
  const withheld = new Map<number, Sample[]>()
  for (const sample of peer.samples) {
    if (got.has(sample.piece) || !holds(sample.piece) || !(isRefusal(sample) || isSilence(sample))) continue
    withheld.set(sample.piece, [...(withheld.get(sample.piece) ?? []), sample])
  }
  return withheld
}

const isRefusal = ({ failure }: Sample): boolean => failure?.code === "rejected"
const isOurs = ({ failure }: Sample): boolean => failure?.code === "aborted" || failure?.code === "budget"
const isSilence = ({ failure }: Sample): boolean => failure?.code === "snubbed" || failure?.code === "timeout"

/** Two selective silences, and something served between them: then it was so between the first that ended and the last that began. */
function silentTwice(peer: Peer, samples: readonly Sample[]): boolean {
  const served = servedBy(peer)
  const silences = samples.filter((sample) => isSilence(sample) && isSelective(sample, served))
  const ended = silences.reduce((first, { atMs, ms }) => Math.min(first, atMs + ms), Infinity)
  const began = silences.reduce((last, { atMs }) => Math.max(last, atMs), -Infinity)
  return served.some(({ atMs, ms }) => atMs + ms >= ended && atMs + ms <= began)
}

/** Requests are served in order, unless the peer chooses: bytes of what was asked for later overtook it. A part of it is slowness. */
const isSelective = (silence: Sample, served: readonly Sample[]): boolean =>
  silence.bytes === 0 &&
  served.some(
    ({ atMs, progress }) =>
      atMs >= silence.atMs && progress.some(([ms]) => atMs + ms <= silence.atMs + silence.ms),
  )

function howOften(samples: readonly Sample[]): string {
  const refused = samples.filter(isRefusal).length
  const silent = samples.length - refused
  const parts = [
    ...(refused > 0 ? [`refused ${counted(refused, "request")}`] : []),
    ...(silent > 0 ? [`left ${silent} unanswered`] : []),
  ]
  return parts.join(" and ")
}
