/** Snapshots of which there is little to draw. */
import type { Snapshot } from "../../src/report.ts"
import { finding, peer, samples, silence, snapshot, tracker } from "./snapshots.ts"

/** Nobody, and no tracker that answers. */
export const deadTracker = (): Snapshot =>
  snapshot({
    trackers: [tracker({ url: "udp://old.example.net:1337", protocol: "udp", announces: [silence(3)] })],
    verdict: { status: "unknown", exitCode: 3, downloadable: "unknown", because: "no source answered" },
    findings: [finding()],
  })

export const scraped = (): Snapshot => {
  const base = snapshot()
  return {
    ...base,
    run: { ...base.run, depth: "scrape" },
    trackers: [tracker()],
    verdict: {
      status: "ok",
      exitCode: 0,
      downloadable: "untested",
      because: "depth scrape asks trackers for counts alone",
    },
    swarm: {
      ...base.swarm,
      seeders: { ...base.swarm.seeders, claimed: 48 },
      leechers: { ...base.swarm.leechers, claimed: 9 },
    },
  }
}

/** A torrent of one piece, held by one. */
export const onePiece = (): Snapshot => {
  const base = snapshot()
  return {
    ...base,
    torrent: {
      ...base.torrent,
      name: "note.txt",
      sizeBytes: 900,
      pieceBytes: 16_384,
      pieceCount: 1,
      files: [{ path: "note.txt", sizeBytes: 900, firstPiece: 0, lastPiece: 0, pad: false }],
    },
    peers: [
      peer({
        stage: "verified",
        outcome: "ok",
        haveRatio: 1,
        client: "Transmission 4.0.6",
        clientFamily: "Transmission",
        samples: samples(1, 0),
      }),
    ],
    swarm: {
      ...base.swarm,
      seeders: {
        ...base.swarm.seeders,
        claimed: 1,
        reached: 1,
        served: 1,
        verified: 1,
        possible: 1,
        claim: "supported",
      },
      reachRatio: 1,
      funnel: {
        sighted: 1,
        dialled: 1,
        connected: 1,
        identified: 1,
        claimed: 1,
        unchoked: 1,
        served: 1,
        verified: 1,
      },
      availability: {
        rarest: 1,
        distributedCopies: 1,
        missingPieces: [],
        histogram: [{ copies: 1, pieces: 1 }],
        copies: [1],
      },
      files: [{ path: "note.txt", rarest: 1, missingPieces: [] }],
      sampledPieces: { verified: [0], failed: [], unservableRatioHigh: null },
    },
  }
}
