import type { FindingHelps } from "./text.ts"

export const trackerFindings: FindingHelps = {
  "phantom-seeders": {
    means: "A tracker claims far more seeders or peers than its own lists can hold.",
    tested:
      "Its list is whole if it is shorter than what was asked for and than 30, in both address families; or several draws bound it. The claim must be more than three times that and 10 more; for longer lists that were seen to be whole, twice.",
    spares:
      "A list that may be cut proves nothing (`untestable`), and neither does a peer that we couldn't reach: dual-stack hosts announce twice, and the departed stay listed for an interval.",
    advice: "Don't go by this tracker's counts. Add another tracker.",
  },
  "phantom-peers": {
    means:
      "Addresses that only this tracker gives answer far less often than those that only another one gives: its list is padded.",
    tested:
      "Fisher's exact test on 20 or more dialled hosts of each, corrected for all tests of the run (family-wise 0.001); at most one in 20 of its own answered, and less than a quarter of the others' share.",
    spares:
      "A dead address alone shows nothing: NAT. With a single tracker it is inconclusive, and so it is when nothing answered at all.",
    advice: "Drop the tracker: clients lose time on addresses that nobody has.",
  },
  canary: {
    means:
      "A tracker named or counted peers for 20 random bytes that nobody ever published: it makes them up.",
    tested:
      "One announce of a random info hash, and a `stopped` after it. Two registrations may be our own (two families, two addresses of a NAT).",
    spares:
      "Never sent to a private torrent's tracker, nor to a URL with a passkey: it gets people banned. A whitelist that refuses is no liar. A clean answer proves nothing: some lie about popular torrents only.",
    advice: "Don't trust its counts or its list; drop it from the torrent.",
  },
  "constant-counts": {
    means:
      "A tracker gives the same counts for this torrent and for an info hash that nobody has: they measure nothing.",
    tested: "Counts beside those of the canary's random info hash, five or more being counted.",
    spares: "Fewer may be our own registrations: inconclusive.",
    advice: "Ignore what it counts, or drop it.",
  },
  "understated-counts": {
    means: "A tracker counts fewer than half of the peers whom it names.",
    tested:
      "One reply naming 50 or more, most of whom it had named in an older reply too, so that growth doesn't explain it.",
    spares:
      "A swarm that grows faster than a tracker's cached counts: another announce, later, would tell; until then inconclusive.",
    advice: "Don't trust its counts: the swarm is larger than it says.",
  },
  "frozen-counter": {
    means: "A tracker's counts stand still while peers that it lists are seen to complete.",
    tested:
      "The same counts in three announces or more, as far apart as it permits, and three completions seen by the peers' own bitfields meanwhile, in this run or earlier ones.",
    spares:
      "Counts are cached by many, and a completion may go unreported: what could explain it so is inconclusive.",
    advice: "Don't trust this tracker's counts: they don't move.",
  },
  "implausible-downloads": {
    means: "A tracker's count of downloads rises faster than all the leechers whom it claims could carry.",
    tested:
      "Between announces: each leecher at 10 Gbit/s, downloading the whole torrent (and even 1% of it), over three gaps or more.",
    spares: "One jump is what a restored backup or a merged database does: inconclusive.",
    advice: "Don't trust this tracker's count of downloads.",
  },
  "dead-tracker": {
    means: "A tracker does not answer: refused, timed out, no such name, a server error.",
    tested:
      "Three tries over HTTP, and BEP 15's own schedule over UDP, while something else that could tell its fault from ours did answer.",
    spares:
      "If nothing else answered over the same transport, it is us: inconclusive. What may pass (HTTP 429, 403, certificates and clocks) and scrapes, which are optional, too.",
    advice: "Fix it or drop it from the torrent: new peers wait for it.",
  },
  "refusing-tracker": {
    means: "A tracker answered, and does not serve this torrent to us; its reason is quoted.",
    tested: "`failure reason` of an announce, or a UDP error.",
    spares:
      "A refusal to be scraped accuses nobody (BEP 48 is optional). We say who we are and pretend to be nobody else; there is no option for that.",
    advice: "Ask its operator whether it serves this torrent, and this client.",
  },
  "tracker-disagreement": {
    means: "One tracker's counts are far from the others'.",
    tested: "A robust z-score of the logarithms, from five trackers on; mirrors count once.",
    spares: "Never an accusation: trackers serve different peers, so that honest counts differ.",
    advice: "Look at phantom-seeders and canary for the odd one.",
  },
  "mirrored-trackers": {
    means: "Two URLs answer as one list: one witness, whose claim counts once.",
    tested: "The same counts and, beyond chance, the same peers, five or more in common.",
    spares:
      "Information only. Where every client announces to both, they look the same and are none the worse.",
    advice: "Nothing to mend; don't take two of them for two opinions.",
  },
  "biased-list": {
    means:
      "Asked again, a tracker names the same peers as before, where random draws would name others: the rest can't be found through it.",
    tested:
      "Repeats between replies beside what draws from its claimed number would repeat, corrected for all tests of the run.",
    spares: "Never an accusation: a fixed order, the most recent first or a cache say nothing untrue.",
    advice: "Find the others by the DHT, PEX or another tracker.",
  },
}
