/** Every node that a run asked, once, whatever it was asked and however often. */
import type { KrpcReply, Watch } from "../../discovery/dht/client.ts"
import { distanceBetween, idFits, toHex } from "../../discovery/dht/node-id.ts"
import { tokenOf } from "../../discovery/dht/reply-fields.ts"
import type { Endpoint } from "../../evidence.ts"
import type { DhtCommandNode } from "../../evidence/dht-command.ts"
import { failure, type Failure } from "../../failure.ts"
import { limits } from "../../limits.ts"
import { formatEndpoint } from "../../torrent/endpoint.ts"

export interface NodeLog {
  /** For the client: every query of the run. */
  readonly watch: Watch
  /** What this command's question brought to light. */
  note(address: Endpoint, facts: Partial<DhtCommandNode>): void
  /** As it stands: nearest first, and who never answered last. */
  sorted(): DhtCommandNode[]
  /** Asked, but beyond our cap. */
  readonly dropped: number
}

/** A search doesn't wait for those whom it no longer needs. */
export const noAnswer = failure("timeout", "no answer by the end")

/** That we stopped tells nothing of the node. */
const isOurs = ({ code }: Failure): boolean => code === "closed" || code === "aborted"

const unheard = (address: Endpoint): DhtCommandNode => ({
  address,
  id: null,
  idFits: null,
  distanceBits: null,
  version: null,
  ms: null,
  failure: null,
  seenAs: null,
  token: false,
  peerCount: null,
  scrape: null,
  stored: null,
  item: null,
  seq: null,
  samples: null,
  total: null,
  intervalMs: null,
})

/** `target`: the run's, by which nodes are sorted; null where there are several or none. */
export function nodeLog(
  target: Uint8Array | null,
  onOutcome: (address: Endpoint, why: Failure | null) => void,
): NodeLog {
  const nodes = new Map<Endpoint, DhtCommandNode>()
  const beyond = new Set<Endpoint>()

  function note(address: Endpoint, facts: Partial<DhtCommandNode>): void {
    const node = nodes.get(address)
    if (node) Object.assign(node, facts)
    else if (nodes.size < limits.dht.maxNodes) nodes.set(address, { ...unheard(address), ...facts })
    else if (beyond.size < limits.dht.maxQueries) beyond.add(address)
  }

  function onReply(address: Endpoint, host: string, { id, body, version, ms, seenAs }: KrpcReply): void {
    const before = nodes.get(address)
    note(address, {
      id: toHex(id),
      idFits: idFits(id, host),
      distanceBits: target && bitsOf(distanceBetween(id, target)),
      version: (version && toHex(version)) ?? before?.version ?? null,
      ms: before?.ms ?? ms,
      failure: null,
      seenAs: seenAs ? formatEndpoint(seenAs.host, seenAs.port) : (before?.seenAs ?? null),
      token: before?.token === true || tokenOf(body) !== null,
    })
  }

  return {
    note,
    get dropped() {
      return beyond.size
    },
    watch({ host, port }, _, asked) {
      const address = formatEndpoint(host, port)
      note(address, {})
      void asked.then((outcome) => {
        if (outcome.ok) onReply(address, host, outcome.value)
        else if (isOurs(outcome.failure)) return
        else note(address, { failure: outcome.failure })
        onOutcome(address, outcome.ok ? null : outcome.failure)
      })
    },
    sorted() {
      const key = ({ id, ms }: DhtCommandNode): string => {
        if (ms === null || id === null) return "g"
        return target ? distanceBetween(Buffer.from(id, "hex"), target) : ""
      }
      return [...nodes.values()]
        .map((node) => ({ node, key: key(node) }))
        .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
        .map(({ node }) =>
          node.ms === null && node.failure === null ? { ...node, failure: noAnswer } : { ...node },
        )
    },
  }
}

/** Of 40 hex digits: the length of the number in bits. */
function bitsOf(distance: string): number {
  const digits = distance.replace(/^0+/, "")
  const [first] = digits
  return first === undefined ? 0 : digits.length * 4 - Math.clz32(Number.parseInt(first, 16)) + 28
}
