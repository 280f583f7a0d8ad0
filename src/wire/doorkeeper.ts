/** Peers that dial us: their handshake first, and no more of them at a time than we care to wait for. */
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection } from "../network.ts"
import { accept, type Session, type Swarm } from "./session.ts"

export interface Doorkeeper {
  /** Connections that we closed because too many stood without a handshake. */
  readonly dropped: number
  admit(connection: Connection): void
  /** Sends away who has not handshaken yet. */
  close(): void
}

/** Takes connections that somebody opened to us; `onSession` gets those that completed a handshake of this swarm. */
export function doorkeeper(
  swarm: Swarm,
  onSession: (session: Session) => void,
  maxPending: number = limits.incoming.maxPending,
): Doorkeeper {
  const pending = new Set<Session>()
  let dropped = 0
  return {
    get dropped() {
      return dropped
    },
    admit(connection) {
      // The oldest gives way: an honest handshake takes less time than a full house of silent ones.
      if (pending.size >= maxPending)
        for (const oldest of pending) {
          dropped++
          oldest.close(failure("handshake-timeout", "too many waited"))
          break
        }
      const session = accept(swarm, connection)
      pending.add(session)
      void session.handshaken.then(({ ok }) => {
        pending.delete(session)
        if (ok) onSession(session)
      })
    },
    close() {
      for (const session of pending) session.close(failure("aborted"))
    },
  }
}
