/**
 * What several audits of one process have in common: one listening port for TCP and uTP, one DHT client, and budgets that are those of
 * ONE run at that pace, divided among whoever runs.
 */
import { contactsPeers } from "../evidence/words.ts"
import { openSharedDht, type SharedDht } from "../discovery/dht.ts"
import type { Depth, EncryptionPolicy, Family } from "../evidence.ts"
import { paces, type PaceName } from "../limits.ts"
import type { Connection, Listener, Network, ProxyOff } from "../network.ts"
import { createReception, type Reception } from "../wire/reception.ts"
import { createLane } from "../wire/throttle.ts"
import type { UtpSocket } from "../wire/utp.ts"
import { openListener, openUtpSocket } from "./door.ts"
import { createPacer } from "./pacer.ts"
import { createSharedPerVictim } from "./per-victim.ts"
import type { SharedBudgets } from "./side-by-side/budgets.ts"
import { createLedger } from "./side-by-side/ledger.ts"
import { createMeasuring } from "./side-by-side/measuring.ts"
import { createSilences } from "./side-by-side/silences.ts"

export interface SharedOptions {
  network: Network
  pace: PaceName
  families: readonly Family[]
  /** null: any free port. */
  port: number | null
  /** Everything goes through a SOCKS5 proxy: nobody can dial us. */
  proxied: boolean
  /** What the proxy can't carry. */
  off?: readonly ProxyOff[]
  /** At `scrape` and `discover` no peer is met: then there is no port either. */
  depth?: Depth
}

/** Pass it as `shared` in the tools of `gather`; who opened it closes it, after the last audit. */
export interface SharedTools {
  /** Where all of them listen; null: nowhere. */
  readonly port: number | null
  /** `gather` calls it. */
  join(): SharedRun
  close(): void
}

/** One audit's part. */
export interface SharedRun {
  readonly port: number | null
  readonly utp: UtpSocket | null
  readonly dht: SharedDht
  readonly budgets: SharedBudgets
  /** Other audits have what it waits for: its time does not count. */
  readonly heldBack: boolean
  /** A lookup waits for those of other audits, or for the queries of the last minute. */
  readonly lookupWaits: boolean
  /** From now on who dials us for one of these info hashes (20 bytes each) is handed over. */
  moveIn(resident: {
    infoHashes: () => readonly Uint8Array[]
    policy: EncryptionPolicy
    welcome: (connection: Connection, openedMs: number) => void
    onDropped: () => void
  }): void
  /** Nothing is kept for it any more. */
  leave(): void
}

/** Throws InputError where `port` was asked for and can't be had. */
export async function openShared(options: SharedOptions): Promise<SharedTools> {
  const { network } = options
  const pace = paces[options.pace]
  const reception: Reception = createReception(network)
  const admit = (connection: Connection) => reception.admit(connection)
  const meets = options.depth === undefined || contactsPeers(options.depth)
  const listener: Listener | null = meets ? await openListener(options, network, admit) : null
  const port = listener?.port ?? null
  const utp = meets ? await openUtpSocket(options, port, network, admit) : null
  const now = () => network.now()
  const ledger = createLedger(pace.sockets, network)
  const measuring = createMeasuring(now)
  const silences = createSilences(now)
  const perVictim = createSharedPerVictim(now)
  const dials = createPacer(pace.dialsPerSecond, now, now())
  const payload = createLane(pace.totalBytesPerSecond, now)
  const echoes = { dueMs: -Infinity }
  const dht = openSharedDht(network)

  function join(): SharedRun {
    let lookupsWaiting = 0
    const ownDht: SharedDht = {
      ...dht,
      async turn(signal) {
        lookupsWaiting++
        try {
          return await dht.turn(signal)
        } finally {
          lookupsWaiting--
        }
      },
    }
    const share = ledger.join()
    const turn = measuring.join()
    let moveOut = () => {}
    return {
      port,
      utp,
      dht: ownDht,
      get lookupWaits() {
        return lookupsWaiting > 0
      },
      budgets: {
        places: (of) => share.places(of),
        dials,
        echoes,
        payload,
        turn,
        silences: silences.join(),
        perVictim,
      },
      get heldBack() {
        return share.heldBack || turn.waits
      },
      moveIn(resident) {
        moveOut = reception.moveIn(resident)
      },
      leave() {
        moveOut()
        turn.leave()
        share.leave()
      },
    }
  }

  return {
    port,
    join,
    close() {
      listener?.close()
      reception.close()
      utp?.close()
      dht.close()
    },
  }
}
