/** The common stage: an honest tracker and an honest seed, beside whom the stranger misbehaves, and what must be true of the seed all the same. */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { createPayload, type Payload } from "../../src/demo/payload.ts"
import { startPeer, type Peer as SeedPeer } from "../../src/demo/peer.ts"
import { startTracker, type DemoTracker } from "../../src/demo/tracker.ts"
import type { Peer } from "../../src/evidence.ts"
import type { Snapshot } from "../../src/report.ts"
import type { Outcome, Stage, Staged } from "./case.ts"

const KiB = 1024

export interface SwarmStage {
  readonly payload: Payload
  readonly tracker: DemoTracker
  readonly seed: SeedPeer
  /** A .torrent that names the tracker. */
  readonly torrentFile: string
  /** Another .torrent of the same payload. */
  write(bytes: Uint8Array, name?: string): string
  /** Makes the tracker name somebody at 127.0.0.1. */
  introduce(port: number, peerId?: Uint8Array): Promise<void>
  /**
   * An audit of it at depth `sample`, pace `lab`. `check` runs only once the seed is found verified, and returns what happened of
   * the stranger.
   */
  staged(options: {
    /** After the options that the stage gives: the last one of a kind counts. */
    args?: readonly string[]
    /** In place of the .torrent. */
    target?: string
    timeoutSeconds?: number
    /** Unless given, the seed must be verified. */
    demandsSeed?: boolean
    check: (snapshot: Snapshot, outcome: Outcome) => string
  }): Staged
}

/** 20 pieces of 4 blocks, the last one short. */
const smallFiles = [{ path: ["hostile.bin"], sizeBytes: 1_300_000 }]
/** From the start of the process to its first packet, and from the run's end to the process's, on a machine that has much else to do. */
const startAndEndMs = 60_000

export async function stageSwarm(
  stage: Stage,
  options: { payload?: Payload; seed?: { bytesPerSecond?: number } } = {},
): Promise<SwarmStage> {
  const network = loopbackNetwork()
  const payload = options.payload ?? createPayload({ pieceBytes: 64 * KiB, files: smallFiles })
  const tracker = await startTracker(network, { peersPerReply: 2_000, maxPeers: 2_000 })
  stage.defer(() => tracker.stop())
  const seed = await startPeer(network, { payload, ...options.seed })
  stage.defer(() => seed.stop())
  const { infoHash } = payload
  await tracker.register({ infoHash, peerId: seed.peerId, port: seed.port, leftBytes: 0 })
  const write = (bytes: Uint8Array, name = "hostile.torrent") => {
    const file = join(stage.folder, name)
    writeFileSync(file, bytes)
    return file
  }
  const torrentFile = write(payload.torrentBytes([tracker.httpUrl]))
  let introduced = 0
  return {
    payload,
    tracker,
    seed,
    torrentFile,
    write,
    introduce: (port, peerId = Buffer.from(`-TR3000-${String(introduced++).padStart(12, "0")}`)) =>
      tracker.register({ infoHash, peerId, port, leftBytes: 0 }),
    staged: ({ args = [], target = torrentFile, timeoutSeconds = 25, demandsSeed = true, check }) => ({
      args: [
        target,
        "--json",
        "--redact=none",
        "--allow-local",
        "--no-dht",
        "--pace=lab",
        "--seed=hostile",
        "--sample=4",
        `--timeout=${timeoutSeconds}s`,
        ...args,
      ],
      withinMs: timeoutSeconds * 1_000 + startAndEndMs,
      check(outcome) {
        const { snapshot } = outcome
        if (snapshot === null) throw new Error(`no snapshot: ${outcome.stdout.slice(0, 200)}`)
        if (demandsSeed) demandVerified(snapshot, seed.address)
        return check(snapshot, outcome)
      },
    }),
  }
}

/** Throws unless the peer at that address gave a right piece. */
function demandVerified(snapshot: Snapshot, address: string): void {
  const seed = peerAt(snapshot, address)
  if (seed?.stage !== "verified")
    throw new Error(`the honest seed is ${seed?.stage ?? "not there"}, not verified: ${endOf(seed)}`)
}

export const peerAt = ({ peers }: Snapshot, address: string): Peer | undefined =>
  peers?.find((peer) => peer.address === address || peer.alsoAt.includes(address))

/** «claimed, protocol-error: message of 1048577 bytes» */
export function endOf(peer: Peer | undefined): string {
  if (peer === undefined) return "nobody there"
  const why = peer.attempts.map(({ failure }) => failure).findLast((each) => each !== null) ?? peer.failure
  return `${peer.stage}, ${why === null ? peer.outcome : [why.code, why.detail].filter(Boolean).join(": ")}`
}

/** «incoming (46), timeout (1)» */
export const capsOf = ({ run }: Snapshot): string =>
  run.capsHit.map(({ cap, dropped }) => `${cap} (${dropped})`).join(", ") || "no cap hit"
