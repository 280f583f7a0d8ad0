/**
 * BEP 14: peers on the local network. We announce to both multicast groups, through every interface, and hear what others
 * announce; nobody replies to an announce but by dialling us.
 */
import type { Endpoint, Family } from "../evidence.ts"
import type { Failure, Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Multicast, Network } from "../network.ts"
import { admits, formatEndpoint, parseEndpoint, type AddressRules } from "../torrent/endpoint.ts"
import { decodeAnnounce, encodeAnnounce } from "./lsd/codec.ts"
import { createQueue } from "./queue.ts"
import type { Observation, Source } from "./source.ts"
import type { CapHit } from "./tracker/run.ts"

export interface LsdQuestion {
  infoHash: Uint8Array
  /** Where we listen; null: nowhere, and then we only hear. */
  port: number | null
  families: readonly Family[]
  /** What an announced address must be. A local network's are private; global IPv6 ones are in use there too. */
  rules: AddressRules
  network: Network
  /** `network.now()` at the start of the run. */
  startedMs: number
}

export interface LsdSource extends Source {
  /** Who heard our first announces had a moment to dial us; or none could leave, or `discover` ended. */
  readonly settled: Promise<void>
  /** Announces beyond our rate, unread, and peers beyond our caps. */
  readonly capsHit: readonly CapHit[]
  /** Per family that could not be asked: why. */
  readonly failures: Readonly<Partial<Record<Family, Failure>>>
  /** Leaves the groups at once: from now on nothing is sent or heard. */
  stop(): void
}

export const lsdGroups: Record<Family, { host: string; port: number }> = {
  ipv4: { host: "239.192.152.143", port: 6771 },
  ipv6: { host: "ff15::efc0:988f", port: 6771 },
}

export function lsdSource(question: LsdQuestion): LsdSource {
  const { port, families, rules, network, startedMs } = question
  const { announceMs, answerMs, maxDatagramsPerSecond, maxPeers, maxPeersPerHost } = limits.lsd
  const infoHash = Buffer.from(question.infoHash).toString("hex")
  const cookie = Buffer.from(network.randomBytes(8)).toString("hex")
  const queue = createQueue<Observation>()
  const { promise: settled, resolve: settle } = Promise.withResolvers<void>()
  const stopped = new AbortController()
  const capsHit: CapHit[] = []
  const failures: Partial<Record<Family, Failure>> = {}
  const heard = new Set<Endpoint>()
  const perHost = new Map<string, number>()
  let read = { second: -1, count: 0 }

  /** One entry however many are dropped: a flood must not fill the record. */
  function drop(): void {
    const [hit] = capsHit
    if (hit) hit.dropped++
    else capsHit.push({ cap: "lsd-peers", atMs: Math.max(0, network.now() - startedMs), dropped: 1 })
  }

  function withinRate(): boolean {
    const second = Math.floor(network.now() / 1_000)
    if (second !== read.second) read = { second, count: 0 }
    return ++read.count <= maxDatagramsPerSecond
  }

  function onMessage(data: Uint8Array, from: { host: string }): void {
    if (stopped.signal.aborted) return
    if (!withinRate()) return drop()
    const announce = decodeAnnounce(data)
    if (!announce?.infoHashes.includes(infoHash) || announce.cookie === cookie) return
    const parsed = parseEndpoint(formatEndpoint(from.host, announce.port))
    if (!parsed || !admits(rules, parsed.host, parsed.port)) return
    // Our own, had a router taken the cookie out.
    if (parsed.port === port && network.localHosts().includes(parsed.host)) return
    const peer = formatEndpoint(parsed.host, parsed.port)
    if (heard.has(peer)) return
    const ofHost = perHost.get(parsed.host) ?? 0
    if (heard.size >= maxPeers || ofHost >= maxPeersPerHost) return drop()
    heard.add(peer)
    perHost.set(parsed.host, ofHost + 1)
    queue.push({ kind: "lsd", via: peer, at: network.date().toISOString(), peers: [peer] })
  }

  /** From joining the group to leaving it. */
  async function takePart(family: Family): Promise<void> {
    const group = lsdGroups[family]
    const broken = new AbortController()
    const onError = (why: Failure) => {
      failures[family] ??= why
      broken.abort()
    }
    const opened: Outcome<Multicast> = await network.multicast(family, group, onMessage, onError)
    if (!opened.ok) {
      failures[family] = opened.failure
      return
    }
    const over = AbortSignal.any([stopped.signal, broken.signal])
    const host = `${group.host.includes(":") ? `[${group.host}]` : group.host}:${group.port}`
    while (!over.aborted) {
      if (port !== null) {
        const sent = await opened.value.send(encodeAnnounce(host, { port, infoHashes: [infoHash], cookie }))
        if (!sent.ok) failures[family] ??= sent.failure
      }
      void network.sleep(answerMs, over).then(settle)
      await network.sleep(announceMs, over)
    }
    opened.value.close()
  }

  const stop = () => {
    stopped.abort()
    queue.close()
    settle()
  }
  let taking = Promise.resolve()

  return {
    name: "lsd",
    settled,
    capsHit,
    failures,
    stop,
    async *discover(signal) {
      if (signal.aborted) stop()
      signal.addEventListener("abort", stop, { once: true })
      if (!stopped.signal.aborted) taking = Promise.all(families.map(takePart)).then(stop)
      try {
        yield* queue
      } finally {
        signal.removeEventListener("abort", stop)
        stop()
        await taking
      }
    },
    async farewell() {
      stop()
      await taking
    },
  }
}
