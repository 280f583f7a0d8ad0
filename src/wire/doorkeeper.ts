/** Peers that dial us: their encryption and handshake first, and no more of them at a time than we care to wait for. */
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import { countOverhead } from "./dial.ts"
import { receiveEncryption } from "./mse.ts"
import { converse, type Session, type Swarm } from "./session.ts"

export interface Doorkeeper {
  /** Connections that we closed because too many stood without a handshake. */
  readonly dropped: number
  /** Over TCP or uTP, as it was opened. `openedMs`: when that was, on the network's clock; absent: now. */
  admit(connection: Connection, openedMs?: number): void
  /** Sends away who has not handshaken yet. */
  close(): void
}

/** Somebody at the door. */
interface Knock {
  close(why: Failure): void
}

/** Takes connections that somebody opened to us; `onSession` gets those that completed a handshake of this swarm. */
export function doorkeeper(
  swarm: Swarm,
  onSession: (session: Session) => void,
  maxPending: number = limits.incoming.maxPending,
): Doorkeeper {
  const pending = new Set<Knock>()
  let dropped = 0

  /** The times of the record count from the first byte's wait on, an encryption's handshake included. */
  async function hear(connection: Connection, openedMs: number, knock: Knock): Promise<Session | null> {
    const received = await receiveEncryption(connection, {
      infoHashes: [swarm.infoHash, ...(swarm.alsoInfoHash ? [swarm.alsoInfoHash] : [])],
      policy: swarm.encryption ?? "off",
      network: swarm.network,
      timeoutMs: swarm.handshakeMs ?? limits.peer.handshakeMs,
    })
    if (!received.ok) return null
    const session = converse(swarm, received.value, "incoming", openedMs)
    countOverhead(session, received.value)
    knock.close = (why) => session.close(why)
    return (await session.handshaken).ok ? session : null
  }

  return {
    get dropped() {
      return dropped
    },
    admit(connection, openedMs = swarm.network.now()) {
      // The oldest gives way: an honest handshake takes less time than a full house of silent ones.
      if (pending.size >= maxPending)
        for (const oldest of pending) {
          dropped++
          oldest.close(failure("handshake-timeout", "too many waited"))
          break
        }
      const knock: Knock = { close: (why) => connection.close(why) }
      pending.add(knock)
      void hear(connection, openedMs, knock).then((session) => {
        pending.delete(knock)
        if (session !== null) onSession(session)
      })
    },
    close() {
      for (const knock of pending) knock.close(failure("aborted"))
    },
  }
}
