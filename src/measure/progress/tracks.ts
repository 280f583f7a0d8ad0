/**
 * The readings of one peer over several runs. An address changes hands (DHCP) and some clients make a new peer id for each connection,
 * so that neither alone says who it is: readings at one address belong together as long as each has the peer id or the client of the
 * one before it. A peer id that moved to another address takes its readings along if it was never at both in one run.
 */
import type { Evidence, Peer, PeerReading } from "../../evidence.ts"
import { fromBase64, fullBitfield } from "../../torrent/bitfield.ts"
import { membershipOf } from "../members.ts"
import { once } from "../once.ts"

export interface Point {
  address: string
  /** The visit's claim was complete as recorded, and when it began, as far as that is known. */
  at: string
  fromAt: string
  /** Which run: the earlier ones are counted from 0, and this one comes after them. */
  run: number
  count: number
  /** What it claimed first; null: not known. */
  fromCount: number | null
  /** At `at`; null: not known. */
  bits: Uint8Array | null
  /** Pieces claimed at the point before and not at the start of this one, where counted on the wire. */
  gone: number | null
  peerId: string | null
  client: string | null
  uploadOnly: boolean | null
}

export interface Track {
  /** The latest. */
  address: string
  /** Oldest first. */
  points: readonly Point[]
  /** It was met in this run. */
  reached: boolean
  /** It took pieces back openly (BEP 54). */
  withdraws: boolean
}

type Seen = Pick<Evidence, "run" | "torrent" | "peers" | "earlier">

export const tracksOf = once(["run", "torrent", "peers", "earlier"], readTracks)

function readTracks(evidence: Seen): Track[] {
  const { earlier, run, torrent, peers } = evidence
  const runs = (earlier?.runs ?? []).map(({ at }) => at)
  const whole = fullBitfield(torrent.pieceCount)
  const before = new Map(
    (earlier?.peers ?? []).map(({ address, readings }) => [
      address,
      readings.flatMap((reading) => pointOf(address, reading, runs, { of: torrent.pieceCount, whole }) ?? []),
    ]),
  )
  const now = new Map(
    membershipOf({ peers, torrent }).reached.map(({ peer, bits }) => [
      peer.address,
      { peer, points: pointsOf(peer, bits, run, runs.length) },
    ]),
  )
  const pieces = [...new Set([...before.keys(), ...now.keys()])].flatMap((address) => {
    const met = now.get(address)
    const split = inPieces([...(before.get(address) ?? []), ...(met?.points ?? [])])
    return split.map((points, i): Track => {
      const reached = met !== undefined && i === split.length - 1
      const withdraws = reached && (met.peer.readings ?? []).some(({ withdrawn }) => withdrawn > 0)
      return { address, points, reached, withdraws }
    })
  })
  return moved(pieces)
}

/** `whole`: the bits of everybody who held all of them, kept once. */
function pointOf(
  address: string,
  reading: PeerReading,
  runs: readonly string[],
  { of, whole }: { of: number; whole: Uint8Array },
): Point | null {
  const { at, haveCount, fromCount, bitfield, peerId, client, uploadOnly } = reading
  if (haveCount > of) return null
  const bits = haveCount === of ? whole : bitfield === null ? null : fromBase64(bitfield, of)
  return {
    address,
    at,
    fromAt: at,
    run: runs.findLastIndex((start) => start <= at),
    count: haveCount,
    fromCount: fromCount ?? null,
    bits,
    gone: null,
    peerId,
    client,
    uploadOnly,
  }
}

function pointsOf(peer: Peer, bits: Uint8Array, run: Evidence["run"], nth: number): Point[] {
  const time = (ms: number) => new Date(Date.parse(run.startedAt) + Math.round(ms)).toISOString()
  const { address, client, haveEvents, readings = [], peerId } = peer
  const known = { address, run: nth, client, uploadOnly: peer.extensions?.uploadOnly ?? null }
  const count = peer.haveCount ?? 0
  if (readings.length === 0) {
    const at = time(run.durationMs)
    const fromCount = haveEvents[0]?.count ?? count
    return [{ ...known, at, fromAt: time(0), count, fromCount, bits, gone: null, peerId }]
  }
  const shown = readings.findLastIndex(({ toCount }) => toCount === count)
  return readings.map((reading, i) => ({
    ...known,
    at: time(reading.toMs),
    fromAt: time(reading.fromMs),
    count: reading.toCount,
    fromCount: reading.fromCount,
    bits: i === shown ? bits : null,
    gone: reading.gone,
    peerId: reading.peerId,
  }))
}

const isSame = (one: Point, other: Point): boolean =>
  (one.peerId !== null && one.peerId === other.peerId) || (one.client !== null && one.client === other.client)

function inPieces(points: readonly Point[]): Point[][] {
  const all: Point[][] = []
  for (const point of points) {
    const last = all.at(-1)
    const before = last?.at(-1)
    if (last && before && isSame(before, point)) last.push(point)
    else all.push([point])
  }
  return all
}

/** Only where one peer id is at two addresses, and first at the one and then at the other: shared ones are somebody else's matter. */
function moved(tracks: readonly Track[]): Track[] {
  const byPeerId = new Map<string, Track[]>()
  for (const track of tracks)
    for (const id of new Set(track.points.flatMap(({ peerId }) => peerId ?? [])))
      if (!byPeerId.get(id)?.push(track)) byPeerId.set(id, [track])
  const joined = new Map<Track, Track>()
  for (const both of byPeerId.values()) {
    const [one, other] = both.toSorted((a, b) => (startOf(a) < startOf(b) ? -1 : 1))
    if (both.length !== 2 || one === undefined || other === undefined) continue
    if (one.address === other.address || joined.has(one) || joined.has(other)) continue
    const left = one.points.at(-1)
    const came = other.points[0]
    if (!left || !came || left.run === came.run || left.at >= came.at || left.peerId !== came.peerId) continue
    joined.set(one, other)
    joined.set(other, { ...other, points: [...one.points, ...other.points] })
  }
  return tracks.flatMap((track) => {
    const into = joined.get(track)
    if (into === undefined) return [track]
    return into.address === track.address ? [into] : []
  })
}

const startOf = ({ points }: Track): string => points[0]?.at ?? ""

/** Who has such a peer id may not be one process: it was seen at several addresses. */
export function peerIdsAtSeveral({
  earlier,
  peers,
}: Pick<Evidence, "earlier" | "peers">): (id: string) => boolean {
  const seen = new Map<string, Set<string>>()
  const note = (id: string | null, address: string) => {
    if (id !== null) seen.set(id, (seen.get(id) ?? new Set()).add(address))
  }
  for (const { address, peerId } of peers) note(peerId, address)
  for (const { address, readings } of earlier?.peers ?? [])
    for (const { peerId } of readings) note(peerId, address)
  return (id) => (seen.get(id)?.size ?? 0) > 1
}
