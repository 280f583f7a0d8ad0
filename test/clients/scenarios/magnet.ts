/**
 * A magnet link and a bare info hash are judged like the .torrent: the metadata (BEP 9) comes from real clients, while
 * one in the swarm sends wrong metadata of the right size and another none.
 */
import { fileURLToPath } from "node:url"
import type { Snapshot } from "../../../src/report.ts"
import { auditSwarm, trackersOnly } from "../audit.ts"
import { checkNoAccusation, compare } from "../compare.ts"
import { aria2 } from "../drivers/aria2.ts"
import { libtorrent } from "../drivers/libtorrent.ts"
import { qbittorrent } from "../drivers/qbittorrent.ts"
import { transmission } from "../drivers/transmission.ts"
import { knownOf } from "../found.ts"
import type { LiarOptions } from "../metadata-liar.ts"
import { magnetOf, strided } from "../payload.ts"
import { tail, until } from "../processes.ts"
import { payloadFor, type Scenario } from "../scenario.ts"
import { KiB, MiB, startMembers, untilRegistered, type Plan } from "../swarm.ts"
import { check, equal, table, type Check } from "../table.ts"
import { opentrackerTiers, startOpentracker } from "../trackers/opentracker.ts"

const script = fileURLToPath(new URL("../metadata-liar.ts", import.meta.url))
const liarPort = 7000

const findingsOf = (snapshot: Snapshot): string[] =>
  snapshot.findings.map(({ audit, verdict, subject }) => `${audit} ${verdict} ${subject}`).toSorted()

export const magnet: Scenario = {
  name: "magnet",
  title: "magnet link and bare info hash give the .torrent's findings, in spite of false metadata",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab } = stage
    const tiers = opentrackerTiers(stage.tracker)
    // More than 819 pieces: the metadata has two pieces of its own.
    const payload = payloadFor(stage, "magnet", tiers, 16 * MiB + 12_345, { pieceBytes: 16 * KiB })
    const tracker = await startOpentracker(lab, stage.tracker, payload.infoHash)
    const plan = { uplinkBytesPerSecond: null }
    const plans: Plan[] = [
      { ...plan, driver: transmission, holding: "all" },
      { ...plan, driver: libtorrent, holding: strided(payload, 2, 1) },
      { ...plan, driver: aria2, holding: "all" },
      { ...plan, driver: qbittorrent, holding: "all" },
    ]
    const members = await startMembers(lab, payload, plans)
    await untilRegistered(tracker, payload, plans)
    const liars = await Promise.all([startLiar("wrong"), startLiar("silent")])

    const told = liars.flatMap(({ address }) => ["--peer", address])
    const flags = ["--pace", "lab", ...trackersOnly, "--seed", "lab", ...told]
    const link = magnetOf(payload, {
      trackers: tiers.flat(),
      peers: members.slice(0, 1).map(({ address, client }) => `${address}:${client.port}`),
    })
    const trackers = tiers.flat().flatMap((url) => ["--tracker", url])
    const file = await auditSwarm(stage, payload, flags)
    const linked = await auditSwarm(stage, payload, flags, link)
    const hashed = await auditSwarm(stage, payload, [...flags, ...trackers], payload.infoHash)

    const real = new Set(members.map(({ address, client }) => `${address}:${client.port}`))
    const rows = [["target", "metadata from", "ms", "tries", "verdict"]]
    const runs = [
      ["file", file],
      ["magnet", linked],
      ["info hash", hashed],
    ] as const
    const known = await knownOf(members)
    const checks = runs.flatMap(([what, { snapshot, checks: own }]): Check[] => {
      const { metadata } = snapshot.run
      const tries = metadata?.tries.map(
        ({ address, ok, failure }) => `${address} ${ok ? "ok" : (failure?.code ?? "–")}`,
      )
      rows.push([
        what,
        metadata?.from ?? "–",
        String(Math.round(metadata?.ms ?? 0)),
        (tries ?? []).join(", "),
        snapshot.verdict.status,
      ])
      const compared = compare(snapshot, known).checks
      const same = equal(`${what}: findings`, findingsOf(snapshot), findingsOf(file.snapshot))
      const all = [...own, ...compared, checkNoAccusation(snapshot)].map((entry) => ({
        ...entry,
        what: `${what}: ${entry.what}`,
      }))
      const torrent = equal(`${what}: torrent`, snapshot.torrent, file.snapshot.torrent)
      if (what === "file") return [...all, equal("file: no metadata search", metadata, null)]
      return [
        ...all,
        same,
        torrent,
        check(`${what}: metadata from a real client`, real.has(metadata?.from ?? ""), `${metadata?.from}`),
        ...liars.map(({ mode, address }) =>
          check(
            `${what}: the ${mode} one was asked in vain`,
            metadata?.tries.some((entry) => entry.address === address && !entry.ok) === true,
          ),
        ),
      ]
    })
    return {
      tables: [table(rows)],
      checks: [
        ...checks,
        ...liars.map(({ mode, log }) =>
          check(`${mode}: it was asked`, /asked for/.test(tail(log)), tail(log)),
        ),
      ],
    }

    async function startLiar(
      mode: LiarOptions["mode"],
    ): Promise<{ mode: string; address: string; log: string }> {
      const host = await lab.addHost(`liar-${mode}`, { isolated: true })
      const { infoHash, infoBytes } = payload
      const options: LiarOptions = { infoHash, port: liarPort, metadataBytes: infoBytes.length, mode }
      const child = lab.start(host, process.execPath, [script, JSON.stringify(options)])
      await until("the liar", 10_000, () => /listening/.test(tail(child.logFile)) || null)
      return { mode, address: `${host.ipv4}:${liarPort}`, log: child.logFile }
    }
  },
}
