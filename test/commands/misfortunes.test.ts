import { describe, expect, it } from "vitest"
import { misfortuneOf } from "../../src/commands/misfortunes.ts"
import { snapshotOf } from "../../src/commands/snapshot.ts"
import type { Evidence } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import {
  aDht,
  aFailedAnnounce,
  anAnnounce,
  anEvidence,
  aRun,
  aSeeder,
  aSilentPeer,
  aTracker,
} from "../support/builders.ts"

const told = (overrides: Partial<Evidence>) =>
  misfortuneOf(snapshotOf(anEvidence({ dht: null, peers: [], webSeeds: [], ...overrides })))

const dead = aTracker({ announces: [aFailedAnnounce("timeout")] })
const refusing = (reason: string | null) =>
  aTracker({
    announces: [aFailedAnnounce("tracker-refused", { failure: failure("tracker-refused", reason) })],
  })
const udp = aTracker({ url: "udp://t.example:1", protocol: "udp", announces: [aFailedAnnounce("timeout")] })
const silentDht = { ...aDht(), queries: 40, replies: 0, nodes: [], lookups: [], peerCount: 0 }

describe("misfortunes", () => {
  it.each<[string, Partial<Evidence>, object | null]>([
    [
      "nothing answered",
      { trackers: [dead], peers: [aSilentPeer(1)] },
      { code: "self-offline", message: "nothing answered", hint: "Run `torrent-audit doctor`." },
    ],
    [
      "no socket was to be had",
      {
        trackers: [aTracker({ announces: [aFailedAnnounce("no-socket")] })],
        run: aRun({ capsHit: [{ cap: "file-descriptors", atMs: 10, dropped: 1 }] }),
      },
      {
        code: "file-descriptors",
        message: "out of file descriptors",
        hint: "Raise `ulimit -n`, or use a gentler --pace.",
      },
    ],
    [
      "the only tracker refused",
      { trackers: [refusing("client not whitelisted")] },
      {
        code: "not-allowed",
        message: 'tracker: "client not whitelisted"',
        hint: "Ask its operator; we do not spoof.",
      },
    ],
    [
      "it gave no reason",
      { trackers: [refusing(null)] },
      { code: "not-allowed", message: 'tracker: "no reason given"' },
    ],
    [
      "HTTP answers, UDP does not",
      { trackers: [refusing("no"), udp], dht: silentDht },
      {
        code: "udp-blocked",
        message: "no UDP replies; DHT, uTP untested",
        hint: "Check firewall; result covers TCP only.",
      },
    ],
    [
      "one refused, another led to a peer",
      { trackers: [refusing("no"), aTracker()], peers: [aSilentPeer(1)] },
      null,
    ],
    ["it was stopped", { trackers: [dead], run: aRun({ complete: false, stopReason: "interrupted" }) }, null],
    [
      "all is well",
      { trackers: [aTracker({ announces: [anAnnounce({ seeders: 1 })] })], peers: [aSeeder(1)] },
      null,
    ],
    [
      "nothing of UDP came back, and yet it is well",
      { trackers: [aTracker()], dht: silentDht, peers: [aSeeder(1)] },
      null,
    ],
  ])("%s", (_, evidence, misfortune) => {
    expect({ misfortune: told(evidence) }).toMatchObject({ misfortune })
  })
})
