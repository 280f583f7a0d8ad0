/** Whole audits of loopback peers, through the same code as the command line. */
import { judge } from "../../src/audit.ts"
import { gatherOptions } from "../../src/commands/request.ts"
import type { Actor } from "../../src/demo/cast.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import type { DemoSwarm } from "../../src/demo/swarm.ts"
import { forgetful, type AnswerMemory } from "../../src/discovery/answers.ts"
import { noNodes } from "../../src/discovery/dht.ts"
import type { Evidence } from "../../src/evidence.ts"
import { gather, type GatherOptions, type GatherTools } from "../../src/gather.ts"
import type { Network } from "../../src/network.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { smallPayload } from "./swarm.ts"

const KiB = 1024
/** A peer's rate is known after 3 s most often, now and then after 12: an eighth of the budget ends that, and its audit, sooner. */
const brisk = { pace: ["lab"], timeout: ["30s"], "allow-local": true, "max-download": ["64MiB"] } as const

export interface AuditOptions extends Partial<GatherOptions> {
  answers?: AnswerMemory
  stop?: AbortSignal
  onProgress?: GatherTools["onProgress"]
  network?: Network
  openReference?: GatherTools["openReference"]
  shared?: GatherTools["shared"]
}

export async function audit(swarm: DemoSwarm, options: AuditOptions = {}): Promise<Evidence> {
  const {
    answers = forgetful,
    stop = new AbortController().signal,
    onProgress = () => {},
    network = loopbackNetwork(),
    openReference,
    shared,
    ...rest
  } = options
  return gather(
    { metainfo: parseMetainfo(swarm.torrentBytes) },
    { ...gatherOptions(brisk), families: ["ipv4"], ...rest },
    {
      network,
      answers,
      nodes: noNodes,
      onProgress,
      stop,
      ...(openReference && { openReference }),
      ...(shared && { shared }),
    },
  )
}

export const seeder = (name: string, rest: Partial<Actor> = {}): Actor => ({
  name,
  lie: null,
  bytesPerSecond: 2_048 * KiB,
  ...rest,
})

/** An honest tracker, and these peers with the small payload. */
export const castOf = (...actors: Actor[]) => ({ payload: smallPayload, cast: () => actors, inflate: 1 })

export const accusations = (evidence: Evidence): string[] =>
  judge(evidence)
    .findings.filter(
      ({ verdict, subject }) => ["warn", "fail"].includes(verdict) && subject.startsWith("peer:"),
    )
    .map(({ audit, subject }) => `${audit} ${subject}`)
    .toSorted()

export function peerNamed(evidence: Evidence, swarm: DemoSwarm, name: string): Evidence["peers"][number] {
  const address = swarm.peers.find((peer) => peer.name === name)?.address
  const peer = evidence.peers.find((each) => each.address === address)
  if (!peer) throw new Error(`${name} was not found`)
  return peer
}
