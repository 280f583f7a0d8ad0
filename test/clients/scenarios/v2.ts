/** BitTorrent v2 (BEP 52), alone and in a hybrid: verified, and who sends wrong bytes is known by one block. */
import type { Snapshot } from "../../../src/report.ts"
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkCaught, checkProven, sampleTable } from "../block-proof.ts"
import { checkNoAccusation, compare, peerOf } from "../compare.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { knownOf } from "../found.ts"
import { magnetOf, range, strided } from "../payload.ts"
import type { Outcome, Scenario, Stage } from "../scenario.ts"
import { KiB, MiB, spoilPieces, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { equal } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"
import { createTreePayload } from "../tree-payload.ts"

async function play(stage: Stage, kind: "v2" | "hybrid"): Promise<Outcome> {
  const { lab } = stage
  const [url = ""] = opentrackerTiers(stage.tracker)[0] ?? []
  const options = { directory: lab.directory, sizeBytes: 8 * MiB, pieceBytes: 256 * KiB }
  const payload = await createTreePayload({ ...options, name: kind, trackers: [[url]] }, kind)
  const short = payload.infoHashV2?.slice(0, 40) ?? ""
  const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash, [short])
  const plan = { uplinkBytesPerSecond: null, discovery: { dht: [], pex: false, lsd: false } }
  const plans: Plan[] = [
    { ...plan, driver: libtorrent, holding: "all" },
    { ...plan, driver: qbittorrent, holding: "all" },
    { ...plan, driver: libtorrent, holding: strided(payload, 2, 1) },
    { ...plan, driver: libtorrent, holding: "all" },
  ]
  const members = await startMembers(lab, payload, plans)
  await untilRegistered(tracker, payload, plans)
  const [corrupter] = members.slice(-1)
  const honest = members.slice(0, -1)
  if (!corrupter) throw new Error("four members were planned")
  spoilPieces(payload, corrupter, range(0, payload.pieceCount))

  const flags = ["--pace", "lab", "--max-download", "32MiB", ...trackersOnly]
  const audited = await auditSwarm(stage, payload, flags)
  const { snapshot } = audited
  const compared = compare(snapshot, await knownOf(honest))
  const magnet = magnetOf(payload, { trackers: [url] })
  const linked = await auditSwarm(stage, payload, [...flags, "--depth", "handshake"], magnet)
  const hashesOf = ({ torrent }: Snapshot) => [torrent.infoHashV1, torrent.infoHashV2]
  const haveCounts = (of: Snapshot) => members.map((member) => peerOf(of, member)?.haveCount)
  return {
    tables: [`    ${kind}`, compared.table, sampleTable(snapshot, members)],
    checks: [
      ...compared.checks,
      ...honest.flatMap((member) => checkProven(snapshot, member, "merkle")),
      ...checkCaught(snapshot, corrupter, "merkle"),
      equal("info hashes", hashesOf(snapshot), [kind === "v2" ? null : payload.infoHash, payload.infoHashV2]),
      equal("pieces", snapshot.torrent.pieceCount, payload.pieceCount),
      // The first version counts what fills the last piece of every file (BEP 47).
      equal(
        "bytes",
        snapshot.torrent.sizeBytes,
        kind === "v2" ? payload.sizeBytes : payload.pieceCount * payload.pieceBytes,
      ),
      equal("by magnet: info hashes", hashesOf(linked.snapshot), hashesOf(snapshot)),
      equal("by magnet: files", linked.snapshot.torrent.files.length, snapshot.torrent.files.length),
      equal("by magnet: pieces held", haveCounts(linked.snapshot), haveCounts(snapshot)),
      checkNoAccusation(linked.snapshot),
      ...audited.checks,
      ...linked.checks,
    ].map((one) => ({ ...one, what: `${kind}: ${one.what}` })),
  }
}

const scenarioOf = (kind: "v2" | "hybrid", title: string): Scenario => ({
  name: kind,
  title,
  audits: true,
  beside: 6,
  run: (stage) => play(stage, kind),
})

export const v2 = scenarioOf(
  "v2",
  "a torrent of version 2 alone: verified, and a corrupter caught by one block",
)
export const hybrid = scenarioOf(
  "hybrid",
  "a torrent of both versions: verified, and a corrupter caught by one block",
)
