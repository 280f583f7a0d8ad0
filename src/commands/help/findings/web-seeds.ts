import type { FindingHelps } from "./text.ts"

export const webSeedFindings: FindingHelps = {
  "stale-webseed": {
    means:
      "A web seed's files are not the torrent's any more: other bytes, or another length. Clients drop it.",
    tested: "Whole pieces fetched by range and hashed; two wrong ones, or one twice.",
    spares:
      "Pieces that peers send wrong too, and nobody right: the torrent may be broken. Once may be chance, or a proxy in between.",
    advice:
      "Put the old files back, or make a new torrent. Web seeds are not part of the info hash: they can be changed without one.",
  },
  "moved-webseed": {
    means:
      "A web seed's files are not where the torrent says: gone (404, 410), behind a redirect for good (301, 308), or behind one that leads nowhere.",
    tested: "Two such answers, for files whose names can't be spelt otherwise.",
    spares:
      "What may pass accuses nobody: silence, 403, 429, 5xx, a redirect for now, and http to https of the same host.",
    advice: "Put the files back, correct the URL in the torrent, or mend the redirect.",
  },
  "rangeless-webseed": {
    means:
      "A server gives the whole file, or an answer of its own, for the part that it was asked for: most clients can't use it.",
    tested: "Two such answers to requests with a Range.",
    spares: "A cache answers so once, while it fetches the file for itself.",
    advice: "Let the server honour Range requests (RFC 9110, 206).",
  },
}
