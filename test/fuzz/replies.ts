/** What must hold of every tracker's reply, whatever protocol it came by. */
import type { Endpoint } from "../../src/evidence.ts"
import { failureCodes } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import type { AnnounceReply, Counts, Refusal } from "../../src/discovery/tracker/reply.ts"
import { addressKind, formatEndpoint, parseEndpoint } from "../../src/torrent/endpoint.ts"
import { must, unsafeInTerminals } from "./claims.ts"

const { maxPeersPerReply, maxIntervalMs, minIntervalMs, maxReasonLength } = limits.tracker

export function isPeer(peer: Endpoint): boolean {
  const parsed = parseEndpoint(peer)
  return parsed !== null && parsed.port > 0 && formatEndpoint(parsed.host, parsed.port) === peer
}

export function countsInBounds({ seeders, leechers, downloads }: Counts): void {
  for (const count of [seeders, leechers, downloads])
    must(count === null || (Number.isInteger(count) && count >= 0 && count < 2 ** 31), `a count of ${count}`)
}

export function announceInBounds(reply: AnnounceReply): void {
  countsInBounds(reply)
  for (const ms of [reply.intervalMs, reply.minIntervalMs])
    must(ms === null || (ms >= minIntervalMs && ms <= maxIntervalMs), `an interval of ${ms}`)
  must(reply.peers.length <= maxPeersPerReply, "peers within bounds")
  must(new Set(reply.peers).size === reply.peers.length && reply.peers.every(isPeer), "distinct peers")
  must(Number.isSafeInteger(reply.droppedPeers) && reply.droppedPeers >= 0, "how many were left out")
  must(reply.externalHost === null || addressKind(reply.externalHost) !== "never", "our own address")
  must((reply.trackerId?.length ?? 0) <= 256, "the tracker id")
  sentence(reply.warning)
}

export function refusalInBounds({ failure, retryInMs }: Refusal): void {
  must(failureCodes.includes(failure.code), "a known code")
  must(
    retryInMs === null ||
      retryInMs === Infinity ||
      (retryInMs >= minIntervalMs && retryInMs <= maxIntervalMs),
    "when to ask again",
  )
  sentence(failure.detail)
}

function sentence(text: string | null): void {
  if (text === null) return
  must(text.length <= maxReasonLength && text.isWellFormed(), "a sentence within bounds")
  must(!unsafeInTerminals.test(text) && !/\d+\.\d+\.\d+\.\d+/.test(text), "a sentence fit to be kept")
}
