/** What is so, whatever anybody says of it: written down while a scenario is played, and all that a score is computed from. */

/** One honest client, or one of the cast. */
export interface Party {
  readonly name: string
  /** The client's driver, or the role that is played. */
  readonly kind: string
  readonly honest: boolean
  /** The audit that must name it; null: none can. */
  readonly accusedBy: string | null
  /** "host:port", every one at which it can be met. */
  readonly endpoints: readonly string[]
  /** Base64, BEP 3 bit order: held in the end, by its own API or by construction. */
  readonly pieces: string
  /** Likewise, when libtorrent had looked as well: it uploads, so leechers gain. */
  readonly piecesLater: string
  /** It downloads meanwhile, or shows less than it holds: only bits that it doesn't hold are errors. */
  readonly showsLess: boolean
  /** null: neither, as one that holds nothing right. */
  readonly role: "seeder" | "leecher" | null
  /** Likewise, when libtorrent began to look. */
  readonly roleLater: "seeder" | "leecher" | null
  /** Piece data per second, by plain TCP before the audit; null: not limited, or not known. */
  readonly uplinkBytesPerSecond: number | null
  /** Whether it can grant us all of that. */
  readonly rateIsKnown: boolean
  /** What a person should read as its client. */
  readonly client: { readonly pattern: string; readonly version: string } | null
  /** Bytes that left its interface during the audit, headers and all, by the kernel's count; null: to others as well. */
  readonly sentBytes: number | null
  /** Parties of one name are one planting: the lie is theirs together. */
  readonly group?: string
}

/** A tracker, or a web seed. */
export interface TrackerTruth {
  readonly url: string
  readonly honest: boolean
  readonly accusedBy: string | null
  /** As in a party. */
  readonly group?: string
  /** In words; absent: it tells none, or its audit says enough. */
  readonly lie?: string
}

export interface Truth {
  readonly scenario: string
  readonly pieceCount: number
  readonly pieceBytes: number
  readonly sizeBytes: number
  readonly parties: readonly Party[]
  readonly trackers: readonly TrackerTruth[]
  /** Absent: none. */
  readonly webSeeds?: readonly TrackerTruth[]
  /** A real client's own download of everything, from the same place. */
  readonly fullCopy: { readonly driver: string; readonly ms: number } | null
}

/** The swarm that libtorrent met: later, when leechers had gained from whoever downloaded. */
export const laterTruth = (truth: Truth): Truth => ({
  ...truth,
  parties: truth.parties.map((party) => ({
    ...party,
    pieces: party.piecesLater,
    showsLess: party.showsLess || party.role === "leecher",
    role: party.roleLater,
  })),
})
