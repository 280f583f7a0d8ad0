/** What a tracker says, honest but for the fields that the plan changes: over HTTP, UDP and WebSockets. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import type { Plan } from "./plan.ts"
import type { SharedTorrent } from "./torrents.ts"

/** 10.0.0.2:6881. */
const honestPeer = Buffer.from([10, 0, 0, 2, 0x1a, 0xe1])

function count(plan: Plan): Encodable {
  const kind = plan.upTo(15)
  if (kind < 10) return kind
  if (kind < 12) return plan.u32()
  if (kind === 12) return -1
  if (kind === 13) return Number.MAX_SAFE_INTEGER
  return kind === 14 ? plan.take(3) : [1]
}

export function peersOf(plan: Plan): Buffer {
  const kind = plan.upTo(3)
  if (kind === 0) return honestPeer
  if (kind === 1) return Buffer.from(plan.take(plan.upTo(64)))
  const many = Array.from({ length: plan.byte() }, (_, i) => [10, 0, 2, i, 0x1a, 0xe1])
  return Buffer.from(many.slice(0, kind === 2 ? 8 : 40).flat())
}

export function announceReply(plan: Plan): Uint8Array {
  const has = plan.byte()
  const said: Record<string, Encodable> = { interval: 1_800, complete: 1, incomplete: 1, peers: honestPeer }
  if (has & 1) said["interval"] = count(plan)
  if (has & 2) said["complete"] = count(plan)
  if (has & 4) said["incomplete"] = count(plan)
  if (has & 8) said["peers"] = peersOf(plan)
  if (has & 16) said["min interval"] = count(plan)
  if (has & 32) said["peers6"] = plan.take(plan.upTo(40))
  if (has & 64) said["warning message"] = plan.take(plan.upTo(80))
  if (has & 128) {
    const more = plan.upTo(5)
    if (more === 0) said["failure reason"] = plan.take(plan.upTo(80))
    if (more === 1)
      said["peers"] = [{ ip: plan.take(plan.upTo(16)), port: count(plan), "peer id": plan.take(20) }]
    if (more === 2) said["external ip"] = plan.take(plan.upTo(16))
    if (more === 3) said["retry in"] = plan.flag() ? "never" : count(plan)
    if (more === 4) said["tracker id"] = plan.take(plan.upTo(200))
    if (more === 5) return plan.take(plan.upTo(200))
  }
  return encode(said)
}

export function scrapeReply(plan: Plan, { payload }: SharedTorrent): Uint8Array {
  const has = plan.byte()
  const entry: Record<string, Encodable> = { complete: 1, incomplete: 1, downloaded: 5 }
  if (has & 1) entry["complete"] = count(plan)
  if (has & 2) entry["incomplete"] = count(plan)
  if (has & 4) entry["downloaded"] = count(plan)
  const key = Buffer.from(has & 8 ? plan.take(20) : payload.infoHash).toString("latin1")
  const said: Record<string, Encodable> = {
    files: has & 16 ? [entry] : new Map<string, Encodable>([[key, entry]]),
  }
  if (has & 32) said["failure reason"] = plan.take(plan.upTo(40))
  if (has & 64) said["flags"] = { min_request_interval: count(plan) }
  return has & 128 ? plan.take(plan.upTo(100)) : encode(said)
}
