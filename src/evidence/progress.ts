/** What a renderer may show while evidence is gathered; `now` counts from the start of the run, in ms. */
export interface Progress {
  now: number
  timeoutMs: number
  name: string
  sizeBytes: number
  phase: "trackers" | "metadata" | "peers" | "farewell"
  trackers: { answered: number; total: number; peers: number }
  /** Null: not asked. */
  dht: { asked: number; answered: number; peers: number; settled: boolean } | null
  /** Peers that are kept for what they may say of others, and whom they named. */
  pex: { listening: number; peers: number }
  /** Peers asked for the metadata of a magnet link; null: it is known. */
  metadata: { asked: number; asking: number } | null
  peers: { known: number; dialled: number; handshaken: number; refused: number; timedOut: number }
  /** Distinct pieces verified, of those wanted. */
  pieces: { verified: number; wanted: number; bytes: number; bytesPerSecond: number }
}
