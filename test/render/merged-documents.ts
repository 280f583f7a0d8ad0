/** Documents about several places, to draw. */
import { mergeSnapshots } from "../../src/merge.ts"
import type { Evidence } from "../../src/evidence.ts"
import type { Merged } from "../../src/report/merged.ts"
import { evidenceOf } from "../../src/evidence.ts"
import {
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aSample,
  aSeeder,
  aSilentPeer,
  aTracker,
  at,
  range,
} from "../support/builders.ts"
import { poisoned } from "./html-hostile-snapshots.ts"

const second = "udp://tracker-with-a-rather-long-name.example.net:6969/announce"

const place = (label: string, overrides: Partial<Evidence>, atMs = 0) => ({
  label,
  snapshot: anEvidence({ run: aRun({ id: `${label}${atMs}`, startedAt: at(atMs) }), ...overrides }),
})

/** Three places, of which one was offline; one tracker that is dead from one of them. */
export const threePlaces = (): Merged =>
  mergeSnapshots(
    [
      place("ams", {
        peers: [
          ...range(1, 24).map((host) => aSeeder(host, { samples: [aSample(host % 16)] })),
          ...range(40, 60).map((host) => aSilentPeer(host)),
        ],
        trackers: [
          aTracker({ announces: [anAnnounce({ seeders: 48, leechers: 10, peerCount: 43 })] }),
          aTracker({ url: second, protocol: "udp", announces: [aFailedAnnounce("timeout", { tries: 3 })] }),
        ],
      }),
      place("nyc", {
        peers: range(8, 34).map((host) => aSeeder(host, { samples: [aSample(host % 16)] })),
        trackers: [
          aTracker({ announces: [anAnnounce({ seeders: 5, leechers: 2, peerCount: 26 })] }),
          aTracker({
            url: second,
            protocol: "udp",
            announces: [anAnnounce({ seeders: 47, leechers: 9, peerCount: 26 })],
          }),
        ],
      }),
      place(
        "a-place-with-a-label-of-forty-characters",
        { peers: [aSilentPeer(1)], trackers: [aTracker({ announces: [aFailedAnnounce("timeout")] })] },
        60_000,
      ),
    ],
    "0.1.0",
  )

/** Strings of strangers in all that is shown. */
export const poisonedPlaces = (): Merged =>
  mergeSnapshots(
    ["ams", "nyc"].map((label) => {
      const evidence = evidenceOf(poisoned())
      return { label, snapshot: { ...evidence, run: { ...evidence.run, id: label } } }
    }),
    "0.1.0",
  )

export const nobodyAnywhere = (): Merged =>
  mergeSnapshots(
    [place("ams", { peers: [], trackers: [] }), place("nyc", { peers: [], trackers: [] })],
    "0.1.0",
  )
