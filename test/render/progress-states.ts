import type { Progress } from "../../src/evidence.ts"

/** The moment of the interface's drawing. */
export const progress = (overrides: Partial<Progress> = {}): Progress => ({
  now: 42_000,
  timeoutMs: 180_000,
  name: "example-os-13.1-amd64.iso",
  sizeBytes: 15_104 * 262_144,
  phase: "peers",
  trackers: { answered: 2, total: 3, peers: 44 },
  dht: null,
  pex: { listening: 0, peers: 0 },
  metadata: null,
  peers: { known: 69, dialled: 55, handshaken: 24, refused: 12, timedOut: 11 },
  pieces: { verified: 19, wanted: 32, bytes: 5 * 1024 ** 2, bytesPerSecond: 1.4 * 1024 ** 2 },
  ...overrides,
})
