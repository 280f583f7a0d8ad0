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
  /** Of the wrong ones, those that another peer sent right, or the publisher's own copy has right. */
  proven: Sample[]
  guilty: boolean
}

/**
 * A piece or a block taken from one peer has one author. Accuses after two wrong ones (or one wrong twice), each of which
 * another peer sent right or the publisher's own copy has right: otherwise the fault may be the torrent's or ours.
 */
export const corruptData = {
  id: audit,
  title: "Corrupt data",
  question: "Does what each peer sends match the piece hashes?",
  references: ["BEP 3", "BEP 52"],
  requires: ["run", "peers"],
  judge({ run, peers }) {
    const witnesses = witnessesAmong(peers)
    const suspects = peers.flatMap((peer): Suspect[] => {
      const wrong = peer.samples.filter(({ verified }) => verified === false)
      const proven = wrong.filter(
        (sample) => sample.proof === "reference" || witnesses.ofSample(sample, peer, 1).length > 0,
      )
      return wrong.length > 0 ? [{ peer, wrong, proven, guilty: proven.length >= leastPieces }] : []
    })
    const group = suspects.filter(({ guilty }) => guilty).map(({ peer }) => peer.address)
    if (suspects.length > 0) return suspects.map((suspect) => suspicion(suspect, witnesses, group))
    const right = peers.flatMap(rightOf)
    const servers = peers.filter((peer) => rightOf(peer).length > 0).length
    if (right.length === 0) return [finding(audit, "skipped", whyNoPieces(run.depth))]
    const because = `${sizesOf(right)} from ${counted(servers, "peer")}, all right`
    return [finding(audit, "pass", because, { measured: `${sizesOf(right, "piece")} right` })]
  },
} satisfies Audit<"run" | "peers">

const rightOf = ({ samples }: Peer): Sample[] => samples.filter(({ verified }) => verified === true)

/** "3 whole pieces", "3 whole pieces and 5 blocks of 16 KiB". */
function sizesOf(samples: readonly Sample[], piece = "whole piece"): string {
  const blocks = samples.filter(({ offset }) => offset !== undefined).length
  const pieces = samples.length - blocks
  const parts = [
    ...(pieces > 0 || blocks === 0 ? [counted(pieces, piece)] : []),
    ...(blocks > 0 ? [`${counted(blocks, "block")} of 16 KiB`] : []),
  ]
  return parts.join(" and ")
}

function suspicion(
  { peer, wrong, proven, guilty }: Suspect,
  witnesses: Witnesses,
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
    ? `${sent}; ${whoHasRight(proven, peer, witnesses)} the right ones`
    : proven.length < wrong.length
      ? `${sent}; nobody else sent ${one ? "it" : "all of them"} right, so the fault may be elsewhere`
      : `${sent}; once is too little to accuse it`
  return finding(audit, guilty ? "warn" : "inconclusive", because, {
    subject: `peer:${peer.address}`,
    measured: `${wrong.length} wrong, ${rightOf(peer).length} right`,
    advice: guilty ? "If this is your seed, recheck its disk; otherwise clients ban it." : null,
    evidence: {
      client: peer.client,
      samples: wrong.slice(0, mostRows).map((sample) => ({
        piece: sample.piece,
        ...(sample.offset !== undefined && { offset: sample.offset, proof: sample.proof ?? null }),
        atMs: sample.atMs,
        bytes: sample.bytes,
        rightFrom: witnesses.ofSample(sample, peer),
      })),
      group: guilty ? group.slice(0, mostRows) : [],
    },
  })
}

function whoHasRight(proven: readonly Sample[], peer: Peer, witnesses: Witnesses): string {
  const alone = proven.filter((sample) => witnesses.ofSample(sample, peer, 1).length === 0)
  if (alone.length > 0) return "the publisher's own copy has"
  return new Set(proven.map(({ piece }) => piece)).size === 1 ? "another peer sent" : "other peers sent"
}
