import type { FindingHelps } from "./text.ts"

export const placeFindings: FindingHelps = {
  "answers-by-place": {
    means: "A tracker tells one place what it tells no other: made-up addresses, other counts, or nothing.",
    tested:
      "Addresses named to one place alone, 20 or more: at most one in 20 answers, while what the tracker named to others before and after, and what this place dialled besides, answers four times as often (Fisher's exact test, family-wise 0.001). Or exactly: a claim that all its lists together can't hold; a swarm kept from one place for an interval and shown to others all the while; peers for a random info hash.",
    spares:
      "Different answers alone: one tracker may be many servers that hear of each other late or never, keep counts, list the departed. So do a firewall, a line that is down, a swarm that grows or goes. Then it is inconclusive. Whoever asked first or last can be held against nobody.",
    advice: "Add a tracker for those who ask from there. Audit again from all places at once to be sure.",
  },
}
