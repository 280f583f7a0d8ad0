/** Peers that dial us: their handshake first, and no more of them at a time than we care to wait for. */
import { failure, succeed, type Outcome } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Listener } from "../network.ts"
import { accept, type Session, type Swarm } from "./session.ts"

export interface PeerListener extends Listener {
  /** Connections that we closed because too many stood without a handshake. */
  readonly dropped: number
}

/** `onSession` gets those that completed a handshake of this swarm. Port 0 asks for any. */
export async function listen(
  swarm: Swarm,
  port: number,
  onSession: (session: Session) => void,
  maxPending: number = limits.incoming.maxPending,
): Promise<Outcome<PeerListener>> {
  const pending = new Set<Session>()
  let dropped = 0

  const listening = await swarm.network.listen(port, (connection) => {
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
  })
  if (!listening.ok) return listening
  return succeed({
    port: listening.value.port,
    get dropped() {
      return dropped
    },
    close() {
      listening.value.close()
      for (const session of pending) session.close(failure("aborted"))
    },
  })
}
