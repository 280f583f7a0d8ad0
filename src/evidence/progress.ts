/** What a renderer may show while evidence is gathered; `now` counts from the start of the run, in ms. */
export interface Progress {
  now: number
  timeoutMs: number
  name: string
  sizeBytes: number
  phase: "trackers" | "peers" | "farewell"
  trackers: { answered: number; total: number; peers: number }
  peers: { known: number; dialled: number; handshaken: number; refused: number; timedOut: number }
  /** Distinct pieces verified, of those wanted. */
  pieces: { verified: number; wanted: number; bytes: number; bytesPerSecond: number }
}
