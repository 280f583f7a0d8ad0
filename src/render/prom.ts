/**
 * Metrics for node_exporter's textfile collector: the Prometheus text format, in base units, without timestamps, and without a label
 * for each peer. What was not measured has no sample.
 */
import { statuses, type Snapshot } from "../report.ts"
import { measured } from "./swarm-table.ts"
import { escape } from "./text.ts"
import { endOf } from "./units.ts"

interface Sample {
  labels?: Record<string, string>
  value: number | null
}

interface Family {
  name: string
  help: string
  samples: (snapshot: Snapshot) => readonly Sample[]
}

const one = (value: number | null | undefined): readonly Sample[] => [{ value: value ?? null }]

const whenReached = (snapshot: Snapshot, value: number): readonly Sample[] =>
  one(measured(snapshot).reached ? value : null)

const families: readonly Family[] = [
  {
    name: "verdict",
    help: "1 for the verdict of the last audit, 0 for the others.",
    samples: ({ verdict }) =>
      statuses.map((status) => ({ labels: { status }, value: verdict.status === status ? 1 : 0 })),
  },
  {
    name: "info",
    help: "Always 1: the name of the torrent.",
    samples: ({ torrent }) => [{ labels: { name: escape(torrent.name) }, value: 1 }],
  },
  {
    name: "seeders_claimed",
    help: "The highest count of seeders of any tracker.",
    samples: ({ swarm }) => one(swarm.seeders.claimed),
  },
  {
    name: "seeders_reached",
    help: "Peers that told us that they hold every piece.",
    samples: (snapshot) => whenReached(snapshot, snapshot.swarm.seeders.reached),
  },
  {
    name: "seeders_verified",
    help: "Seeders that sent pieces, and only right ones.",
    samples: (snapshot) => one(measured(snapshot).served ? snapshot.swarm.seeders.verified : null),
  },
  {
    name: "leechers_claimed",
    help: "The highest count of leechers of any tracker.",
    samples: ({ swarm }) => one(swarm.leechers.claimed),
  },
  {
    name: "leechers_reached",
    help: "Peers that told us what they hold, and that it is not everything.",
    samples: (snapshot) => whenReached(snapshot, snapshot.swarm.leechers.reached),
  },
  {
    name: "availability_copies",
    help: "Distributed copies among reached peers.",
    samples: ({ swarm }) => one(swarm.availability?.distributedCopies),
  },
  {
    name: "reach_ratio",
    help: "The share of the peers found that told us what they hold.",
    samples: ({ swarm }) => one(swarm.reachRatio),
  },
  {
    name: "peer_goodput_bytes_per_second",
    help: "What a peer that unchokes us grants, the median.",
    samples: ({ swarm }) => one(swarm.goodputBytesPerSecond.median?.value),
  },
  {
    name: "problems",
    help: "Findings that warn or fail.",
    samples: ({ findings }) =>
      (["warn", "fail"] as const).map((level) => ({
        labels: { verdict: level },
        value: findings.filter(({ verdict }) => verdict === level).length,
      })),
  },
]

/** When the last audit with an answer ended, ISO 8601, by info hash: a run without one must not look like none at all. */
export type LastSuccess = ReadonlyMap<string, string>

/** Snapshots of several torrents; of one torrent the last. */
export function renderProm(snapshots: readonly Snapshot[], earlier: LastSuccess = new Map()): string {
  const byHash = new Map(snapshots.map((snapshot) => [hashOf(snapshot), snapshot] as const))
  byHash.delete("")
  const lastSuccess: Family = {
    name: "last_success_timestamp_seconds",
    help: "When the last audit ended that came to an answer.",
    samples: (snapshot) => one(secondsOf(successOf(snapshot) ?? earlier.get(hashOf(snapshot)))),
  }
  return [...families, lastSuccess]
    .map(({ name, help, samples }) => {
      const lines = [...byHash].flatMap(([hash, snapshot]) =>
        samples(snapshot).flatMap(({ labels, value }) =>
          value === null
            ? []
            : [`torrent_audit_${name}${labelled({ info_hash: hash, ...labels })} ${value}\n`],
        ),
      )
      const head = `# HELP torrent_audit_${name} ${help}\n# TYPE torrent_audit_${name} gauge\n`
      return lines.length === 0 ? "" : head + lines.join("")
    })
    .join("")
}

const hashOf = ({ torrent }: Snapshot): string => torrent.infoHashV1 ?? torrent.infoHashV2 ?? ""

function successOf({ run, verdict }: Snapshot): string | undefined {
  if (verdict.status === "unknown") return undefined
  return endOf(run)
}

const secondsOf = (at: string | undefined): number | null =>
  at === undefined ? null : Date.parse(at) / 1_000

const labelled = (labels: Record<string, string>): string =>
  `{${Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(",")}}`

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")
