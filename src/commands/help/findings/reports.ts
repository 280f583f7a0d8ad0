import type { FindingHelps } from "./text.ts"

export const reportFindings: FindingHelps = {
  "misreported-left": {
    means:
      "A client told its tracker that less (or more) was left than the pieces it showed us allow: the tracker counts it wrong.",
    tested:
      "Announces of --announce-log beside what it showed before and after, over open connections; half of the missing bytes, less eight pieces, count as surely missing.",
    spares:
      "Partial seeds, super-seeders, unwanted files, a recheck in between, announces sent again, and clocks that can't be compared: inconclusive.",
    advice: "See `torrent-audit help announce-log`. Ask its user for the client and its settings.",
  },
  "misreported-downloaded": {
    means:
      "A client told its tracker of less than the pieces that it gained meanwhile: where ratios are kept, it pays for less than it takes.",
    tested:
      "Between two announces of one session, beside its HAVEs over an open connection, half of the bytes less eight pieces.",
    spares:
      "More than it gained proves nothing: waste is downloaded too. With web seeds, or from a super-seeder's HAVEs, nothing follows.",
    advice: "Look at a longer log before you act on it.",
  },
  "misreported-uploaded": {
    means: "A client told its tracker of more than all others together could have taken.",
    tested:
      "Conservation: what one uploads, others download. Every other session may have taken the whole torrent and 10% more, if it wasn't seen to hold it already.",
    spares:
      "Only where the log has the whole swarm: one tracker with one address, nothing dropped, private or with DHT and PEX asked all the while. If only the sum is too large, nobody is named.",
    advice: "A longer log tells which. On a tracker that keeps ratios, that upload is made up.",
  },
}
