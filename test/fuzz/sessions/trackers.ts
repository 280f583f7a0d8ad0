/** Trackers of every protocol that answer what the bytes say. */
import { loadClient } from "../../../src/discovery/tracker/ws-client.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, torrentOf } from "./audited.ts"
import { playHttp } from "./http-script.ts"
import { planOf } from "./plan.ts"
import { announceReply, scrapeReply } from "./tracker-replies.ts"
import { answerUdp } from "./udp-replies.ts"
import { playWebSocket } from "./ws-script.ts"

const tracker = { host: "10.0.0.4", port: 80 }
const depths = ["discover", "handshake", "scrape", "sample"] as const

/** A first byte for the audit, and all the others for the tracker. */
function questionOf(bytes: Uint8Array) {
  const plan = planOf(bytes)
  return { depth: plan.pick(depths), torrent: torrentOf(false), plan }
}

export const httpTracker: FuzzTarget = {
  name: "session-http-tracker",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    for (const depth of [0, 1, 2, 3]) {
      yield Uint8Array.of(depth)
      yield Uint8Array.from([depth, 0x8f, 3, 14, 13, 1, 5, 0xff, 8, 0, 0, 0, 0])
    }
    for (let odd = 1; odd < 256; odd *= 2)
      yield Uint8Array.from([1, 0, odd, 1, 2, 3, 4, 0, 0, odd, 3, 1, 0, 0])
    for (let to = 0; to < 9; to++) yield Uint8Array.from([0, 0, 5, 2, to, 0, 0, 5, 3, to])
    for (let how = 0; how < 7; how++) yield Uint8Array.from([0, 0, 24, how, 2, 9, 0, 0, 0, 24, how, 0])
  },
  run(bytes) {
    const { depth, torrent, plan } = questionOf(bytes)
    return audited(bytes, {
      torrent,
      options: { depth, trackers: ["http://10.0.0.4/announce"] },
      stage(internet) {
        internet.name("tracker.test", tracker.host)
        internet.serve(tracker, (stream) =>
          playHttp(plan, stream, internet.clock, ({ path }) => {
            const body = path.includes("scrape") ? scrapeReply(plan, torrent) : announceReply(plan)
            return { status: 200, headers: ["Content-Type: text/plain"], body }
          }),
        )
      },
    })
  },
}

export const udpTracker: FuzzTarget = {
  name: "session-udp-tracker",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    for (const depth of [0, 1, 2, 3]) {
      yield Uint8Array.of(depth)
      for (let kind = 0; kind < 8; kind++)
        yield Uint8Array.from([depth, 1, 0, 2, kind, 3, 4, 5, kind, 1, kind])
    }
  },
  run(bytes) {
    const { depth, torrent, plan } = questionOf(bytes)
    return audited(bytes, {
      torrent,
      options: { depth, trackers: ["udp://10.0.0.4:80/announce"] },
      stage(internet) {
        const send = internet.bind(tracker, (data, from) => {
          for (const { reply, afterMs, spoofed } of answerUdp(plan, data))
            internet.clock.after(afterMs, () =>
              spoofed ? internet.tell(reply, { host: "10.0.0.9", port: 80 }, from.port) : send(reply, from),
            )
        })
      },
    })
  },
}

export const wsTracker: FuzzTarget = {
  name: "session-ws-tracker",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    for (const depth of [0, 1, 2]) {
      yield Uint8Array.of(depth)
      for (let kind = 0; kind < 10; kind++)
        yield Uint8Array.from([depth, 0, 0, kind, 1, 2, 3, kind, 0, 4, kind])
    }
  },
  async run(bytes) {
    // Loading takes time that the clock of the session doesn't count.
    await Promise.all([import("ws"), loadClient()])
    const { depth, torrent, plan } = questionOf(bytes)
    await audited(bytes, {
      torrent,
      options: { depth, trackers: ["ws://10.0.0.4/announce"] },
      stage(internet) {
        internet.serve(tracker, (stream) => playWebSocket(plan, stream, internet.clock))
      },
    })
  },
}
