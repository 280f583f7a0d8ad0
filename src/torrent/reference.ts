/** The publisher's own copy: any block of any peer can be held against it. */

export interface Reference {
  /** Pieces whose bytes there are the torrent's. */
  readonly right: number
  readonly wrong: number
  readonly missing: number
  /** Null where the copy lacks the piece or has it wrong. Never rejects. */
  block(piece: number, offset: number, lengthBytes: number): Promise<Uint8Array | null>
  /** Reads the piece once more: false where it is no longer the torrent's, as the copy changed since. Never rejects. */
  stillRight(piece: number): Promise<boolean>
  close(): Promise<void>
}
