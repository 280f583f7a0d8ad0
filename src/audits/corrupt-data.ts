import type { Peer, Sample } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { whyNoPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { counted, listed } from "../measure/wording.ts"
import { witnessesAmong, type Witnesses } from "../measure/witnesses.ts"

const audit = "corrupt-data"
const leastPieces = 2
const mostRows = 50

interface Suspect {
  peer: Peer
  wrong: Sample[]
  /** Of the wrong ones, those that another peer sent right. */
  proven: Sample[]
  guilty: boolean
}

/**
 * A piece taken whole from one peer has one author. Accuses after two wrong ones (or one piece wrong twice), each of which
 * another peer sent right: otherwise the fault may be the torrent's or ours.
 */
export const corruptData = {
  id: audit,
  title: "Corrupt data",
  question: "Does what each peer sends match the piece hashes?",
  references: ["BEP 3"],
  requires: ["run", "peers"],
  judge({ run, peers }) {
    const rightFrom = witnessesAmong(peers)
    const suspects = peers.flatMap((peer): Suspect[] => {
      const wrong = peer.samples.filter(({ verified }) => verified === false)
      const proven = wrong.filter(({ piece }) => rightFrom(piece, peer).length > 0)
      return wrong.length > 0 ? [{ peer, wrong, proven, guilty: proven.length >= leastPieces }] : []
    })
    const group = suspects.filter(({ guilty }) => guilty).map(({ peer }) => peer.address)
    if (suspects.length > 0) return suspects.map((suspect) => suspicion(suspect, rightFrom, group))
    const pieces = peers.reduce((sum, peer) => sum + rightOf(peer), 0)
    const servers = peers.filter((peer) => rightOf(peer) > 0).length
    if (pieces === 0) return [finding(audit, "skipped", whyNoPieces(run.depth))]
    const because = `${counted(pieces, "whole piece")} from ${counted(servers, "peer")}, all right`
    return [finding(audit, "pass", because, { measured: `${counted(pieces, "piece")} right` })]
  },
} satisfies Audit<"run" | "peers">

const rightOf = ({ samples }: Peer): number => samples.filter(({ verified }) => verified === true).length

function suspicion(
  { peer, wrong, proven, guilty }: Suspect,
  rightFrom: Witnesses,
  group: readonly string[],
): Finding {
  const about = guilty ? proven : wrong
  const distinct = [...new Set(about.map(({ piece }) => piece))]
  const one = distinct.length === 1
  const pieces =
    one && about.length > 1
      ? `${distinct[0]}, ${about.length === 2 ? "twice" : `${about.length} times`}`
      : listed(distinct, 5)
  const sent = `${peer.address} sent wrong bytes for ${one ? "piece" : "pieces"} ${pieces}`
  const because = guilty
    ? `${sent}; ${one ? "another peer" : "other peers"} sent the right ones`
    : proven.length < wrong.length
      ? `${sent}; nobody else sent ${one ? "it" : "all of them"} right, so the fault may be elsewhere`
      : `${sent}; once is too little to accuse it`
  return finding(audit, guilty ? "warn" : "inconclusive", because, {
    subject: `peer:${peer.address}`,
    measured: `${wrong.length} wrong, ${rightOf(peer)} right`,
    advice: guilty ? "If this is your seed, recheck its disk; otherwise clients ban it." : null,
    evidence: {
      client: peer.client,
      samples: wrong.slice(0, mostRows).map(({ piece, atMs, bytes }) => ({
        piece,
        atMs,
        bytes,
        rightFrom: rightFrom(piece, peer).slice(0, 3),
      })),
      group: guilty ? group.slice(0, mostRows) : [],
    },
  })
}
