/**
 * One door for several swarms: whoever dials us is handed to the swarm whose info hash its handshake names, or its encryption (MSE) is
 * for. Who names none of ours is closed without a word.
 */
import type { EncryptionPolicy } from "../evidence.ts"
import { failure, type Failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Connection, Network } from "../network.ts"
import { receiveEncryption } from "./mse.ts"

/** Who is behind the door. */
export interface Resident {
  /** 20 bytes each; a hybrid has two, and one may be learnt later. */
  infoHashes(): readonly Uint8Array[]
  readonly policy: EncryptionPolicy
  /** In the clear or decrypted, nothing of the handshake missing. `openedMs`: when it was opened, on the network's clock. */
  welcome(connection: Connection, openedMs: number): void
  /** A connection that named nobody yet had to give way: it may have been for this one. */
  onDropped(): void
}

export interface Reception {
  /** The answer moves it out. */
  moveIn(resident: Resident): () => void
  /** Over TCP or uTP, as it was opened. */
  admit(connection: Connection): void
  /** Sends away who has named nobody yet. */
  close(): void
}

export function createReception(
  network: Pick<Network, "now" | "sleep" | "randomBytes">,
  {
    maxPending = limits.incoming.maxPending,
    handshakeMs = limits.peer.handshakeMs,
  }: { maxPending?: number; handshakeMs?: number } = {},
): Reception {
  const residents = new Set<Resident>()
  const pending = new Set<Connection>()
  let open = true

  function residentOf(named: Uint8Array): Resident | undefined {
    const isNamed = (each: Uint8Array) => Buffer.from(named).equals(each)
    return [...residents].find((resident) => resident.infoHashes().some(isNamed))
  }

  /** In the clear for anybody; encrypted for those who take that. */
  async function hear(connection: Connection): Promise<void> {
    const openedMs = network.now()
    const takers = [...residents].filter(({ policy }) => policy !== "off")
    const strict = takers.length > 0 && takers.every(({ policy }) => policy === "require")
    let named: Uint8Array | null = null
    const received = await receiveEncryption(connection, {
      infoHashes: takers.flatMap((resident) => resident.infoHashes()),
      policy: takers.length === 0 ? "off" : strict ? "require" : "prefer",
      network,
      timeoutMs: handshakeMs,
      onNamed(infoHash) {
        named = infoHash
      },
    })
    if (!received.ok) return
    const resident = named === null ? undefined : residentOf(named)
    if (resident === undefined) received.value.close(failure("wrong-info-hash"))
    else resident.welcome(received.value, openedMs)
  }

  /** The oldest gives way: an honest handshake takes less time than a full house of silent ones. */
  function makeRoom(): void {
    const [oldest] = pending
    if (oldest === undefined || pending.size < maxPending) return
    pending.delete(oldest)
    oldest.close(failure("handshake-timeout", "too many waited"))
    for (const resident of residents) resident.onDropped()
  }

  const closeAll = (why: Failure) => {
    for (const connection of pending) connection.close(why)
    pending.clear()
  }

  return {
    moveIn(resident) {
      residents.add(resident)
      return () => void residents.delete(resident)
    },
    admit(connection) {
      if (!open || residents.size === 0) return connection.close(failure("aborted"))
      makeRoom()
      pending.add(connection)
      void hear(connection).then(() => pending.delete(connection))
    },
    close() {
      open = false
      closeAll(failure("aborted"))
    },
  }
}
