/** uTP (BEP 29): streams over one UDP port per address family, as initiator and as receiver. */
import type { Family } from "../evidence.ts"
import { fail, type Outcome } from "../failure.ts"
import type { Connection, Network } from "../network.ts"

export interface UtpSocket {
  /** The same for both families. */
  readonly port: number
  readonly families: readonly Family[]
  /** Resolves once the SYN was answered. `refused`: a reset or ICMP said that nobody listens there. */
  connect(to: {
    host: string
    port: number
    signal: AbortSignal
    timeoutMs: number
  }): Promise<Outcome<Connection>>
  /** Ends what is open, with a reset, and frees the port. */
  close(): void
}

export interface UtpOptions {
  network: Pick<Network, "datagrams" | "now" | "sleep" | "randomBytes">
  families: readonly Family[]
  /** Null: any. */
  port: number | null
  /** A stranger's SYN, answered. */
  onConnection(connection: Connection): void
}

/** A family without a socket is left out; fails when none is left. */
export function openUtp(_options: UtpOptions): Promise<Outcome<UtpSocket>> {
  return Promise.resolve(fail("unsupported"))
}
