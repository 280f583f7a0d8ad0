import type { Echo, Peer } from "../evidence.ts"
import type { Audit, Finding } from "../report.ts"
import { takesPieces, whyNoPieces } from "../measure/depth.ts"
import { finding } from "../measure/finding.ts"
import { counted } from "../measure/wording.ts"

const audit = "any-hash-echo"
const mostRows = 50

interface Asked {
  peer: Peer
  echo: Echo
}

/**
 * Only peers that shook hands and never sent a right byte are asked. A handshake that names 20 random bytes cannot come from anybody
 * who has that torrent: nobody has. One that comes back with our own peer id is ours, sent back by something that is no client.
 */
export const anyHashEcho = {
  id: audit,
  title: "Any-hash echo",
  question: "Does anybody shake hands on an info hash that nobody ever published?",
  references: ["BEP 3"],
  requires: ["run", "peers"],
  judge({ run, peers }) {
    const asked = peers.flatMap((peer): Asked[] => (peer.echo ? [{ peer, echo: peer.echo }] : []))
    const echoing = asked.filter(({ echo }) => echo.echoed)
    const group = echoing.slice(0, mostRows).map(({ peer }) => peer.address)
    if (echoing.length > 0 && !peers.some(isOrdinary)) return [doubtful(echoing, group)]
    if (echoing.length > 0) return echoing.map((each) => accusation(each, group))
    if (asked.length > 0) {
      const because = `none of ${counted(asked.length, "peer")} answered a handshake on a random info hash`
      return [finding(audit, "pass", because, { measured: `${asked.length} asked, 0 answered` })]
    }
    const because = takesPieces(run.depth)
      ? "nobody who shook hands with us gave cause to be asked"
      : whyNoPieces(run.depth)
    return [finding(audit, "skipped", because)]
  },
} satisfies Audit<"run" | "peers">

/** It shook hands, and would not on any info hash. */
const isOrdinary = ({ outcome, claimSent, echo }: Peer): boolean =>
  outcome !== "self" && claimSent !== null && echo?.echoed !== true

const doubtful = (echoing: readonly Asked[], group: string[]): Finding =>
  finding(
    audit,
    "inconclusive",
    `whoever shook hands does so on a random info hash, too (${counted(echoing.length, "peer")}): nobody else answered, and a box on our own line may answer for all`,
    {
      measured: `${echoing.length} shook hands on a random info hash`,
      advice: "Audit from another network: if it is the same there, it is the peers.",
      evidence: { peers: group, of: echoing.length },
    },
  )

function accusation({ peer, echo }: Asked, group: readonly string[]): Finding {
  const reflected = echo.failure?.code === "self"
  const what = reflected
    ? `${peer.address} sent our own handshake back, whatever info hash it named: an echo, no client`
    : `${peer.address} shook hands on 20 random bytes that nobody ever published: its handshake says nothing about this torrent`
  return finding(audit, "warn", what, {
    subject: `peer:${peer.address}`,
    claimed: "a peer of this torrent",
    measured: reflected ? "our own handshake" : "a handshake on a random info hash",
    advice: "Don't count it: it is no peer of this swarm, or one that pretends to be in all.",
    evidence: { client: peer.client, at: echo.at, atMs: echo.atMs, ms: echo.ms, reflected, group },
  })
}
