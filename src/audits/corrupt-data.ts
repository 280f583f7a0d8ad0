import type { Audit, Finding } from "../report.ts"
import { counted, listed } from "../measure/wording.ts"
import { otherWitnesses, witnessesOf } from "../measure/witnesses.ts"

const audit = "corrupt-data"
const leastPieces = 2
const mostRows = 50

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
    const witnesses = witnessesOf(peers)
    const suspects = peers.flatMap((peer) => {
      const wrong = peer.samples.filter(({ verified }) => verified === false)
      const proven = wrong.filter(({ piece }) => otherWitnesses(witnesses, piece, peer).length > 0)
      return wrong.length > 0 ? [{ peer, wrong, proven }] : []
    })
    const group = suspects
      .filter(({ proven }) => proven.length >= leastPieces)
      .map(({ peer }) => peer.address)
    if (suspects.length > 0) {
      return suspects.map(({ peer, wrong, proven }): Finding => {
        const guilty = proven.length >= leastPieces
        const about = guilty ? proven : wrong
        const times = new Map<number, number>()
        for (const { piece } of about) times.set(piece, (times.get(piece) ?? 0) + 1)
        const pieces =
          times.size > 1 || about.length === 1
            ? listed([...times.keys()], 5)
            : `${about[0]?.piece}, ${about.length === 2 ? "twice" : `${about.length} times`}`
        const right = peer.samples.filter(({ verified }) => verified === true).length
        const sent = `${peer.address} sent wrong bytes for ${times.size === 1 ? "piece" : "pieces"} ${pieces}`
        return {
          audit,
          verdict: guilty ? "warn" : "inconclusive",
          subject: `peer:${peer.address}`,
          claimed: null,
          measured: `${wrong.length} wrong, ${right} right`,
          because: guilty
            ? `${sent}; ${times.size === 1 ? "another peer" : "other peers"} sent the right ones`
            : proven.length < wrong.length
              ? `${sent}; nobody else sent ${times.size === 1 ? "it" : "all of them"} right, so the fault may be elsewhere`
              : `${sent}; once is too little to accuse it`,
          advice: guilty ? "If this is your seed, recheck its disk; otherwise clients ban it." : null,
          pValue: null,
          evidence: {
            client: peer.client,
            samples: wrong.slice(0, mostRows).map(({ piece, atMs, bytes }) => ({
              piece,
              atMs,
              bytes,
              rightFrom: otherWitnesses(witnesses, piece, peer).slice(0, 3),
            })),
            group: guilty ? group.slice(0, mostRows) : [],
          },
        }
      })
    }
    const pieces = peers.reduce(
      (sum, { samples }) => sum + samples.filter(({ verified }) => verified === true).length,
      0,
    )
    const servers = peers.filter(({ samples }) => samples.some(({ verified }) => verified === true)).length
    const sampling = run.depth === "sample" || run.depth === "full"
    return [
      {
        audit,
        verdict: pieces > 0 ? "pass" : "skipped",
        subject: "swarm",
        claimed: null,
        measured: pieces > 0 ? `${counted(pieces, "piece")} right` : null,
        because:
          pieces > 0
            ? `${counted(pieces, "whole piece")} from ${counted(servers, "peer")}, all right`
            : sampling
              ? "no peer sent a whole piece"
              : `depth ${run.depth} takes no pieces`,
        advice: null,
        pValue: null,
        evidence: {},
      },
    ]
  },
} satisfies Audit<"run" | "peers">
