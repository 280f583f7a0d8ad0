/** From an address to a session: over TCP or uTP, in the clear or encrypted (MSE). */
import type { Endpoint } from "../evidence.ts"
import { fail, failure, succeed, type Outcome } from "../failure.ts"
import { parseEndpoint } from "../torrent/endpoint.ts"
import { converse, type Session, type Swarm } from "./session.ts"

const defaultConnectMs = 10_000

/**
 * Resolves once the connection is open; the session then handshakes by itself. The signal ends it. `mayGreet` is asked once,
 * before a byte is sent: whoever lost a race against another connection of the same peer closes then.
 */
export async function dial(
  swarm: Swarm,
  endpoint: Endpoint,
  signal: AbortSignal,
  mayGreet: () => boolean = () => true,
): Promise<Outcome<Session>> {
  const at = parseEndpoint(endpoint)
  if (at === null) return fail("filtered", "not an address and a port")
  const openedMs = swarm.network.now()
  const timeoutMs = swarm.connectMs ?? defaultConnectMs
  const connected = await swarm.network.connect({ host: at.host, port: at.port, signal, timeoutMs })
  if (!connected.ok) return connected
  if (!mayGreet()) {
    connected.value.close(failure("duplicate"))
    return fail("duplicate")
  }
  const session = converse(swarm, connected.value, "outgoing", openedMs)
  const onAbort = () => session.close(failure("aborted"))
  signal.addEventListener("abort", onAbort, { once: true })
  void session.ended.then(() => signal.removeEventListener("abort", onAbort))
  if (signal.aborted) onAbort()
  return succeed(session)
}
