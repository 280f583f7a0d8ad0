/** What the metrics tell of a torrent's last audit: the same of a snapshot, and of a line that a database keeps. */
import { statuses, type Status } from "../../report.ts"
import { one, secondsOf, type Family } from "./exposition.ts"

/** Null: not measured. */
export interface Figures {
  status: Status
  name: string
  seedersClaimed: number | null
  seedersReached: number | null
  seedersVerified: number | null
  leechersClaimed: number | null
  leechersReached: number | null
  copies: number | null
  reachRatio: number | null
  goodputBytesPerSecond: number | null
  /** Findings, by their verdict. */
  problems: { warn: number; fail: number }
  /** When the last audit with an answer ended, ISO 8601: a run without one must not look like none at all. */
  lastSuccessAt: string | null
}

export const figureFamilies: readonly Family<Figures>[] = [
  {
    name: "verdict",
    help: "1 for the verdict of the last audit, 0 for the others.",
    samples: ({ status }) =>
      statuses.map((each) => ({ labels: { status: each }, value: each === status ? 1 : 0 })),
  },
  {
    name: "info",
    help: "Always 1: the name of the torrent.",
    samples: ({ name }) => [{ labels: { name }, value: 1 }],
  },
  {
    name: "seeders_claimed",
    help: "The highest count of seeders of any tracker.",
    samples: ({ seedersClaimed }) => one(seedersClaimed),
  },
  {
    name: "seeders_reached",
    help: "Peers that told us that they hold every piece.",
    samples: ({ seedersReached }) => one(seedersReached),
  },
  {
    name: "seeders_verified",
    help: "Seeders that sent pieces, and only right ones.",
    samples: ({ seedersVerified }) => one(seedersVerified),
  },
  {
    name: "leechers_claimed",
    help: "The highest count of leechers of any tracker.",
    samples: ({ leechersClaimed }) => one(leechersClaimed),
  },
  {
    name: "leechers_reached",
    help: "Peers that told us what they hold, and that it is not everything.",
    samples: ({ leechersReached }) => one(leechersReached),
  },
  {
    name: "availability_copies",
    help: "Distributed copies among reached peers.",
    samples: ({ copies }) => one(copies),
  },
  {
    name: "reach_ratio",
    help: "The share of the peers found that told us what they hold.",
    samples: ({ reachRatio }) => one(reachRatio),
  },
  {
    name: "peer_goodput_bytes_per_second",
    help: "What a peer that unchokes us grants, the median.",
    samples: ({ goodputBytesPerSecond }) => one(goodputBytesPerSecond),
  },
  {
    name: "problems",
    help: "Findings that warn or fail.",
    samples: ({ problems }) =>
      (["warn", "fail"] as const).map((level) => ({ labels: { verdict: level }, value: problems[level] })),
  },
  {
    name: "last_success_timestamp_seconds",
    help: "When the last audit ended that came to an answer.",
    samples: ({ lastSuccessAt }) => one(secondsOf(lastSuccessAt)),
  },
]
