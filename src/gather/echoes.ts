/**
 * Who shook hands and never gave a right byte is dialled once more, with an info hash that nobody ever published: an honest client
 * closes. By the transport that worked, after its last visit and when no fresh peer waits for a socket. In the clear, and so not at all
 * where encryption is required: an encrypted handshake (MSE) needs an info hash that both sides know.
 */
import type { CapName, Depth, Echo, Endpoint } from "../evidence.ts"
import { failure } from "../failure.ts"
import { limits, type Pace } from "../limits.ts"
import { takesPieces } from "../measure/depth.ts"
import type { Network } from "../network.ts"
import { dial } from "../wire/dial.ts"
import type { Swarm } from "../wire/session.ts"
import { type Entry } from "./peer-book.ts"
import type { Random } from "./random.ts"
import type { Sockets } from "./sockets.ts"

export interface EchoContext {
  readonly swarm: Swarm
  readonly network: Network
  readonly signal: AbortSignal
  readonly depth: Depth
  readonly pace: Pick<Pace, "dialsPerSecond">
  readonly random: Random
  readonly open: Sockets
  /** When the next one is due, on the network's clock, where several audits take turns; absent: this one's own. */
  readonly pacing?: { dueMs: number } | undefined
  /** ms since the run started. */
  readonly now: () => number
  /** Somebody new waits for a socket. */
  crowded(): boolean
  /** Another audit is with that peer. */
  heldBack?(entry: Entry): boolean
  hit(cap: CapName, dropped?: number): void
}

export interface Echoes {
  /** Who is to be asked, and waits for a socket. */
  readonly waiting: readonly Endpoint[]
  /** Resolves when it answered, or is not asked. */
  ask(entry: Entry): Promise<void>
}

const lookEveryMs = 100
const infoHashBytes = 20

/** Our own dial of it, handshaken, or given back to us as it was. */
const worked = ({ attempts }: Entry) =>
  attempts.findLast(
    ({ direction, ok, failure }) => direction === "outgoing" && (ok || failure?.code === "self"),
  )

export function isSuspect(entry: Entry): boolean {
  if (entry.echo !== null || entry.sameAs !== null || worked(entry) === undefined) return false
  return !entry.visits.some(({ samples }) => samples.some(({ verified }) => verified === true))
}

export function createEchoes(context: EchoContext): Echoes {
  const { swarm, network, signal, open, now } = context
  const waiting: { entry: Entry; sinceMs: number; done: () => void }[] = []
  let asked = 0
  let asking = 0
  const { pacing = { dueMs: -Infinity } } = context
  let pumping = false

  /** Whether a dial may leave now. */
  const mayDial = () =>
    asking < limits.echo.atOnce && network.now() >= pacing.dueMs && !open.full && !context.crowded()

  async function pump(): Promise<void> {
    if (pumping) return
    pumping = true
    while (waiting.length > 0 && !signal.aborted) {
      // Fresh peers come first, and are soon through. Later those who hold the sockets may wait for the end of the run, and so for us.
      const blocked = context.crowded()
      for (const each of waiting) if (blocked || context.heldBack?.(each.entry) === true) each.sinceMs = now()
      const late = waiting.findIndex(({ sinceMs }) => now() - sinceMs >= limits.echo.patienceMs)
      for (const { done } of late < 0 ? [] : waiting.splice(late, 1)) {
        context.hit("echoes")
        // Another's turn may come when there is room again.
        asked--
        done()
      }
      const free = mayDial() ? waiting.filter(({ entry }) => !open.busy(entry.address)) : []
      const next = free[context.random.below(Math.max(1, free.length))]
      if (next === undefined) {
        await network.sleep(lookEveryMs, signal)
        continue
      }
      waiting.splice(waiting.indexOf(next), 1)
      pacing.dueMs = network.now() + 1_000 / context.pace.dialsPerSecond
      asking++
      void open
        .hold(next.entry.address, "outgoing", () => knock(next.entry))
        .finally(() => {
          asking--
          next.done()
        })
    }
    pumping = false
    for (const { done } of waiting.splice(0)) done()
  }

  async function knock(entry: Entry): Promise<void> {
    const way = worked(entry)
    if (entry.session !== null || way === undefined) return
    const at = network.date().toISOString()
    const atMs = now()
    const end = (echoed: boolean, why: Echo["failure"]) => {
      if (why?.code !== "aborted") entry.echo = { at, atMs, ms: now() - atMs, echoed, failure: why }
    }
    const stranger: Swarm = {
      ...swarm,
      infoHash: network.randomBytes(infoHashBytes),
      alsoInfoHash: null,
      v2: null,
      pex: false,
      onHolepunch: () => {},
      handshakeMs: limits.echo.handshakeMs,
    }
    const dialled = await dial(
      stranger,
      entry.address,
      { transport: way.transport, encrypted: false },
      signal,
    )
    if (!dialled.ok) return end(false, dialled.failure)
    const session = dialled.value
    const handshaken = await session.handshaken
    session.close(failure("idle"))
    entry.echoBytes = session.record.bytes
    if (handshaken.ok) return end(true, null)
    // Our own peer id comes back: it sends whatever it is sent.
    end(handshaken.failure.code === "self", handshaken.failure)
  }

  return {
    get waiting() {
      return waiting.map(({ entry }) => entry.address)
    },
    async ask(entry) {
      if (!takesPieces(context.depth) || swarm.encryption === "require") return
      if (signal.aborted || !isSuspect(entry)) return
      if (asked >= limits.echo.maxPeers) return context.hit("echoes")
      asked++
      await network.sleep(limits.peer.redialMs, signal)
      if (signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ entry, sinceMs: now(), done: resolve })
      void pump()
      await promise
    },
  }
}
