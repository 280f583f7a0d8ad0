/**
 * Canary: once a tracker answered us, it is asked about an info hash that nobody can know, as we have just thrown the dice for it.
 * Whoever it names there but us, it made up. We are another peer there, so that it has nothing to do with our real registration.
 */
import type { Canary, Family, Tracker } from "../../evidence.ts"
import { limits } from "../../limits.ts"
import { parseEndpoint } from "../../torrent/endpoint.ts"
import { mayHoldKey } from "../../torrent/tracker-url.ts"
import { isWebSocket } from "./channel.ts"
import type { OwnAtTracker } from "./own-endpoints.ts"
import type { Registration } from "./registration.ts"
import type { AnnounceEvent } from "./reply.ts"
import type { Run } from "./run.ts"

export interface CanaryProbe {
  /** By a registration that this tracker has just accepted. Bounded by `canaryMs`. */
  ask(registration: Registration, signal: AbortSignal): Promise<Canary | null>
  /** `stopped`, where it was accepted or may have been. */
  leave(signal: AbortSignal): Promise<void>
}

/** Null: not for this tracker. A private torrent's trackers ban who asks for what they don't have; so may one with a passkey. */
export function createCanary(
  run: Run,
  url: string,
  protocol: Tracker["protocol"],
  own: OwnAtTracker,
): CanaryProbe | null {
  const { question } = run
  const unwelcome = question.private || question.depth === "scrape"
  if (unwelcome || isWebSocket(protocol) || mayHoldKey(url)) return null
  const { network, leftBytes } = question
  const identity = {
    infoHash: network.randomBytes(20),
    // The same client, another peer: 8 bytes of Azureus style name, 12 of chance.
    peerId: Buffer.concat([question.peerId.subarray(0, 8), network.randomBytes(12)]),
    key: Buffer.from(network.randomBytes(4)).readUInt32BE(0),
    port: run.port,
    leftBytes,
    trackerId: null,
    // One is enough.
    room: () => limits.tracker.numwant,
  }
  let registered: Registration | null = null

  const announce = (registration: Registration, event: AnnounceEvent, ms: number, signal: AbortSignal) =>
    registration.channel.announce(
      { ...identity, event, numwant: event === "stopped" ? 0 : limits.tracker.numwant },
      signal,
      ms,
    )

  return {
    async ask(registration, signal) {
      const stamp = run.stamp()
      const { reply, ms, unread } = await announce(registration, "started", run.timing.canaryMs, signal)
      if (reply.ok || unread) registered = registration
      const asked = { ...stamp, ms }
      if (!reply.ok) {
        const nothing = { seeders: null, leechers: null, peerCount: null }
        return ms === null ? null : { ...asked, ok: false, failure: reply.failure, ...nothing }
      }
      const { seeders, leechers, peers } = reply.value
      const strangers = others(own.others(peers), registration.family, run.port)
      return { ...asked, ok: true, failure: null, seeders, leechers, peerCount: strangers.length }
    },
    async leave(signal) {
      if (registered) await announce(registered, "stopped", run.timing.stoppedMs, signal)
    },
  }
}

/** A swarm of one: who listens at our port there, if it is only one, are we, at an address of ours that we don't know. */
function others(peers: readonly string[], family: Family, port: number): readonly string[] {
  const ours = peers.filter((peer) => {
    const parsed = parseEndpoint(peer)
    return parsed?.family === family && parsed.port === port
  })
  return ours.length === 1 ? peers.filter((peer) => peer !== ours[0]) : peers
}
