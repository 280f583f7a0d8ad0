/**
 * How an audit grows: `node bench/scale/run.ts [growth] [profile] [samples] [torrents] [sockets]`, all of them unless told, of the built program
 * and of libtorrent on the same swarms. Takes about five minutes of a quiet machine; writes growth.svg beside this file.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { record } from "../record.ts"
import * as handshakes from "./handshakes.ts"
import type { Reading } from "./handshakes.ts"
import { shares } from "./profile.ts"
import { plot, slopeOf, type Series } from "./plot.ts"
import * as samples from "./samples.ts"
import * as torrents from "./torrents.ts"

const counts = [100, 250, 500, 1_000, 2_500, 5_000]
const MiB = 2 ** 20
const chosen = process.argv.slice(2)
const wants = (part: string) => chosen.length === 0 || chosen.includes(part)

function figures(reading: Reading, idle: Reading): Record<string, number> {
  return {
    peers: reading.peers,
    told: reading.told,
    right: reading.right,
    to99Ms: reading.to99Ms,
    peersPerSecond: (0.99 * reading.peers * 1_000) / reading.to99Ms,
    cpuSeconds: reading.cpuMs / 1_000,
    cpuMsPerPeer: (reading.cpuMs - idle.cpuMs) / reading.peers,
    peakRssMiB: reading.peakRssBytes / MiB,
    peakRssKBPerPeer: (reading.peakRssBytes - idle.peakRssBytes) / 1_000 / reading.peers,
  }
}

const seriesOf = (
  name: string,
  colour: string,
  readings: readonly Reading[],
  of: (reading: Reading) => number,
): Series => ({
  name,
  colour,
  points: readings.map((reading) => ({ count: reading.peers, value: of(reading) })),
})

async function growth(): Promise<void> {
  const idle = { ours: await handshakes.ours(2), theirs: await handshakes.libtorrents(2) }
  const ours: Reading[] = []
  const theirs: Reading[] = []
  for (const count of counts) {
    ours.push(await handshakes.ours(count))
    theirs.push(await handshakes.libtorrents(count))
  }
  const cpu = (reading: Reading) => reading.cpuMs / 1_000
  const memory = (reading: Reading) => reading.peakRssBytes / MiB
  const both = (of: (reading: Reading) => number) => [
    seriesOf("torrent-audit", "#0b6e99", ours, of),
    seriesOf("libtorrent", "#b5541b", theirs, of),
  ]
  const panels = [
    { title: "CPU time of the whole process, s", of: "peers", series: both(cpu) },
    { title: "Peak memory (RSS), MiB", of: "peers", series: both(memory) },
    {
      title: "From the first dial to 99% of the bitfields, s",
      of: "peers",
      series: both(({ to99Ms }) => to99Ms / 1_000),
    },
  ]
  writeFileSync(join(import.meta.dirname, "growth.svg"), plot(panels))
  for (const [i, reading] of ours.entries()) {
    const other = theirs[i]
    record(`scale-handshakes-${reading.peers}`, figures(reading, idle.ours))
    if (other) record(`scale-handshakes-${reading.peers}-libtorrent`, figures(other, idle.theirs))
  }
  // Of what a run costs beyond starting at all.
  const beyond = (of: (reading: Reading) => number) =>
    slopeOf(ours.map((reading) => ({ count: reading.peers, value: of(reading) - of(idle.ours) })))
  record("scale-growth", { cpuExponent: beyond(cpu), memoryExponent: beyond(memory) })
}

if (wants("growth")) await growth()
if (wants("profile")) record("scale-profile", await shares(5_000))
if (wants("samples")) {
  record("scale-samples", { ...(await samples.ours(1_000)) })
  record("scale-samples-libtorrent", { ...(await samples.libtorrents(1_000)) })
}
if (wants("torrents")) {
  record("scale-torrents-handshake", { ...(await torrents.ours(100, 50, "handshake")) })
  record("scale-torrents-sample", { ...(await torrents.ours(100, 50, "sample")) })
}
if (wants("sockets")) {
  // Each keeps its socket for so long that as many as may be are open at once.
  const idle = await handshakes.ours(2, 4_000)
  const reading = await handshakes.ours(5_000, 4_000)
  record("scale-sockets", { ...figures(reading, idle), mostOpen: reading.mostOpen })
}
