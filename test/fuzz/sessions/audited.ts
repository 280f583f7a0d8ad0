/** One audit on the internet in memory, and what must hold of it whatever a stranger does. */
import { gatherOptions } from "../../../src/commands/request.ts"
import { snapshotOf } from "../../../src/commands/snapshot.ts"
import { forgetful } from "../../../src/discovery/answers.ts"
import { noNodes } from "../../../src/discovery/dht.ts"
import type { Depth, Evidence } from "../../../src/evidence.ts"
import { contactsPeers } from "../../../src/evidence/words.ts"
import { gather, RefusedMetadata, type GatherOptions, type Target } from "../../../src/gather.ts"
import { snapshot as schema, type Snapshot } from "../../../src/report.ts"
import { guardLibraries } from "../../../src/torrent/bencode.ts"
import { addressKind } from "../../../src/torrent/endpoint.ts"
import { nothingUncaught } from "./uncaught.ts"
import type { Place } from "./virtual-datagrams.ts"
import { createInternet, type Internet } from "./virtual-network.ts"
import { honestSeed } from "./honest-seed.ts"
import { v1Torrent, v2Torrent, type SharedTorrent } from "./torrents.ts"

export const honest: Place = { host: "10.0.0.2", port: 6_881 }
export const stranger: Place = { host: "10.0.0.3", port: 6_881 }
const addressOf = ({ host, port }: Place) => `${host}:${port}`
export const strangerAddress = addressOf(stranger)

/** Null: nobody listens here. */
export const strangerDials = (internet: Internet) =>
  internet.dialUs({ host: stranger.host, port: 40_000 }, internet.ourPorts.tcp[0] ?? 0)

const MiB = 1024 * 1024
const timeoutMs = 60_000
/** An audit ends a moment after its deadline at the latest. */
const lateMs = 1_000
/** What a connection that we closed still has to say. */
const lingerMs = 10_000
/** Of one connection, in memory at once: a message of the longest kind, as it arrives and as it is put together. */
const mostBufferedBytes = 4 * MiB

export interface Scene {
  readonly torrent: SharedTorrent
  readonly options: Partial<GatherOptions>
  /** Absent: the torrent itself. */
  readonly target?: Target
  /** Nobody honest can be reached: whoever is in the way is the user's own choice. */
  readonly alone?: boolean
  /** What it does is up to the bytes. */
  stage(internet: Internet): void
  /** More that must hold. */
  check?(evidence: Evidence): void
}

/** `bytes` decide all chance. Throws when something that must hold doesn't. */
export async function audited(bytes: Uint8Array, scene: Scene): Promise<void> {
  guardLibraries()
  const internet = createInternet(bytes)
  const { clock } = internet
  const { torrent, target = { metainfo: torrent.metainfo } } = scene
  internet.serve(honest, honestSeed(torrent))
  scene.stage(internet)
  const options: GatherOptions = {
    ...gatherOptions({ pace: ["lab"], "allow-local": true, "no-dht": true, "no-web-seeds": true }),
    families: ["ipv4"],
    seed: "fuzzed",
    timeoutMs,
    maxDownloadBytes: 2 * MiB,
    samplePieces: 2,
    ...scene.options,
  }
  if (!scene.alone) options.peers = [addressOf(honest), ...options.peers]
  const evidence = await nothingUncaught(async () => {
    const audit = gather(target, options, {
      network: internet.network,
      answers: forgetful,
      nodes: noNodes,
      onProgress: () => {},
      stop: new AbortController().signal,
    })
    const seen = await clock.until(audit, options.timeoutMs + lateMs).catch(onlyRefused)
    await clock.pass(lingerMs)
    return seen
  })
  const open = internet.open()
  claim(open.streams === 0, `${open.streams} streams are open`)
  claim(open.sockets === 0, `${open.sockets} sockets are open`)
  claim(open.listeners === 0, `${open.listeners} listeners are open`)
  claim(open.sleeps === 0, `${open.sleeps} timers are set`)
  claim(open.peakBytes <= mostBufferedBytes, `${open.peakBytes} bytes were held of one connection`)
  for (const host of internet.contacted) claim(mayContact(host, options), `${host} was contacted`)
  const snapshot = sound(evidence)
  nothingThrown(snapshot)
  if (!scene.alone) fairToHonest(snapshot, options.depth)
  scene.check?.(evidence)
}

/** Nobody named loopback, and pace `lab` stays among private addresses. */
function mayContact(host: string, { pace }: Pick<GatherOptions, "pace">): boolean {
  const kind = addressKind(host)
  return kind === "private" || (kind === "public" && pace !== "lab")
}

/** A metadata that is no torrent ends an audit, with what it saw. */
function onlyRefused(error: unknown): Evidence {
  if (error instanceof RefusedMetadata) return error.evidence
  throw error
}

export function claim(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what)
}

/** Of any evidence whatsoever: the snapshot keeps to its schema, and every audit comes to a finding. */
export function sound(evidence: Evidence): Snapshot {
  const snapshot = snapshotOf(evidence)
  const valid = schema.safeParse(snapshot)
  claim(valid.success, `the snapshot breaks its schema: ${valid.error?.message}`)
  for (const { audit, verdict, because } of snapshot.findings)
    claim(verdict !== "error", `${audit}: ${because}`)
  return snapshot
}

/** What our own code throws over a peer's bytes ends its session as `unknown`; whatever a peer may do has a name. */
function nothingThrown({ peers }: Snapshot): void {
  for (const { failure, attempts } of peers)
    for (const why of [failure, ...attempts.map((attempt) => attempt.failure)])
      claim(why?.code !== "unknown", `an error of ours: ${why?.detail}`)
}

/** Nobody accuses it, and it was met as far as the audit goes. */
function fairToHonest({ findings, peers }: Snapshot, depth: Depth): void {
  const honestAddress = addressOf(honest)
  for (const { audit, verdict, subject, because } of findings) {
    const accuses = verdict === "fail" || verdict === "warn"
    claim(!accuses || subject !== `peer:${honestAddress}`, `${audit} accuses the honest seed: ${because}`)
  }
  if (!contactsPeers(depth)) return
  const seed = peers.find(({ address }) => address === honestAddress)
  const stage = depth === "sample" || depth === "full" ? "verified" : "claimed"
  claim(seed?.stage === stage, `the honest seed is ${seed?.stage ?? "unknown"}, ${seed?.outcome}`)
}

export const torrentOf = (isV2: boolean): SharedTorrent => (isV2 ? v2Torrent : v1Torrent)
