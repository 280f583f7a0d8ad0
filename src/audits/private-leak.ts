import type { Evidence, Peer } from "../evidence.ts"
import type { Audit, Finding, Verdict } from "../report.ts"
import { contactsPeers } from "../evidence/words.ts"
import { finding } from "../measure/finding.ts"
import { counted, listed } from "../measure/wording.ts"

const audit = "private-leak"
const open = ["dht", "pex", "lsd"] as const
const shown = 20

/**
 * A private torrent's peers are its tracker's to give (BEP 27), so we ask nobody else; but a magnet link doesn't say that it is private, and
 * whom the DHT, PEX or LSD named before its metadata came can't be forgotten. A peer is accused only of PEX that it sent although it
 * held the metadata: without, as one that joins by a magnet link, it can't know either. Naming `ut_pex` among its extensions is no leak.
 */
export const privateLeak = {
  id: audit,
  title: "Private leak",
  question: "Are a private torrent's peers known outside its tracker?",
  references: ["BEP 27", "BEP 11"],
  requires: ["run", "torrent", "peers"],
  judge({ run, torrent, peers }): Finding[] {
    const say = (verdict: Verdict, because: string, said: Partial<Finding> = {}): Finding[] => [
      { ...finding(audit, verdict, because), ...said },
    ]
    if (!torrent.private) return say("skipped", "not a private torrent")
    const others = peers.filter(({ outcome }) => outcome !== "self")
    const told = others.filter(({ sources }) => openKinds(sources).length > 0)
    const senders = others.filter((peer) => (peer.pex?.messages ?? 0) > 0 && hasMetadata(peer))
    const offering = others.filter(({ extensions }) => extensions?.names.includes("ut_pex") === true)
    const sent = sendersOfMetadata(run)
    const confirmed = told.filter((peer) => isMember(peer, sent))
    const kinds = [...new Set(told.flatMap(({ sources }) => openKinds(sources)))].map((kind) =>
      kind.toUpperCase(),
    )
    const details = {
      measured: `${counted(told.length, "peer")} named by DHT, PEX or LSD`,
      evidence: {
        named: told.length,
        confirmed: confirmed.slice(0, shown).map(({ address }) => address),
        pexSenders: senders.slice(0, shown).map(({ address }) => address),
        offeringPex: offering.length,
        metadataMs: run.metadata?.ms ?? null,
      },
    }
    const found = [
      ...(confirmed.length > 0
        ? say(
            "warn",
            `${listed(kinds, 3)} named ${counted(confirmed.length, "peer")} of this private torrent`,
            {
              ...details,
              advice: `Anybody${kinds.every((kind) => kind === "LSD") ? " in this network" : ""} can find these peers. Look for clients in it that ignore the private flag, and for copies of the torrent without it.`,
            },
          )
        : []),
      ...senders.map((peer) => ({
        ...finding(audit, "warn" as const, `${peer.address} sends PEX in a private torrent`, {
          subject: `peer:${peer.address}` as const,
          measured: counted(peer.pex?.messages ?? 0, "message"),
          advice: "Its client ignores the private flag: trackers ban such clients.",
          evidence: {
            messages: peer.pex?.messages ?? 0,
            added: peer.pex?.added ?? 0,
            senders: details.evidence.pexSenders,
          },
        }),
      })),
    ]
    if (found.length > 0) return found
    if (told.length > 0)
      return say(
        "inconclusive",
        `${listed(kinds, 3)} named ${counted(told.length, "peer")} of this private torrent; whether they are in it can't be said`,
        details,
      )
    if (!contactsPeers(run.depth)) return say("skipped", `depth ${run.depth} contacts no peer`)
    const reached = others.filter(({ extensions }) => extensions !== null).length
    if (offering.length > 0)
      return say(
        "pass",
        `${offering.length} of ${counted(reached, "peer")} could exchange peers, none was seen to`,
        details,
      )
    return say(
      reached > 0 ? "pass" : "inconclusive",
      reached > 0
        ? `none of ${counted(reached, "peer")} offers to exchange peers`
        : "no peer said what it offers",
      details,
    )
  },
} satisfies Audit<"run" | "torrent" | "peers">

const openKinds = (sources: Peer["sources"]): string[] =>
  sources.map(({ kind }) => kind).filter((kind) => open.some((each) => each === kind))

/** As it says in its extension handshake (BEP 9). */
const hasMetadata = ({ extensions }: Peer): boolean => (extensions?.metadataBytes ?? 0) > 0

/** It sent us the metadata, or holds pieces of it. */
const isMember = (peer: Peer, sent: ReadonlySet<string>): boolean =>
  (peer.haveCount ?? 0) > 0 || [peer.address, ...peer.alsoAt].some((address) => sent.has(address))

const sendersOfMetadata = ({ metadata }: Evidence["run"]): ReadonlySet<string> =>
  new Set((metadata?.tries ?? []).flatMap(({ address, ok }) => (ok ? [address] : [])))
