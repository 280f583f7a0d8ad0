/** A stranger in the swarm who does what the bytes say: dialled by us, or dialling us, over TCP. */
import type { FuzzTarget } from "../target.ts"
import { audited, stranger, strangerAddress, strangerDials, type Scene } from "./audited.ts"
import { castOf } from "./cast.ts"
import { playPeer } from "./peer-script.ts"
import { diallingSeeds, peerSeeds, wholeWrites } from "./peer-seeds.ts"

export function dialledScene(bytes: Uint8Array): Scene {
  const { torrent, depth, encryption, pace, script } = castOf(bytes)
  return {
    torrent,
    options: { depth, encryption, pace, peers: [strangerAddress] },
    stage(internet) {
      internet.serve(stranger, (stream) => void playPeer(script, stream, torrent, internet.clock))
    },
  }
}

export const dialledPeer: FuzzTarget = {
  name: "session-peer",
  group: "sessions",
  maxBytes: 2_048,
  seeds: peerSeeds,
  run: (bytes) => audited(bytes, dialledScene(bytes)),
}

export const diallingPeer: FuzzTarget = {
  name: "session-incoming-peer",
  group: "sessions",
  maxBytes: 2_048,
  seeds: diallingSeeds,
  run(bytes) {
    const { torrent, depth, encryption, pace, script } = castOf(bytes)
    return audited(bytes, {
      torrent,
      options: { depth, encryption, pace },
      stage(internet) {
        const dial = () => {
          const stream = strangerDials(internet)
          if (stream) void playPeer(script, stream, torrent, internet.clock)
        }
        internet.clock.after(50, dial)
        // Once more, while the first is there or after it.
        internet.clock.after(700, dial)
      },
    })
  },
}

/** Whom `messages.pex` names, too. */
const others = ["10.0.1.0", "10.0.1.1", "10.0.1.2"]

/** Longer by what does nothing: writes go out whole, as they do anyway. */
const padded = (script: Uint8Array, length: number): Uint8Array => {
  const whole = Buffer.alloc(length, Buffer.from([wholeWrites, 0]))
  whole.set(script)
  return whole
}

/** Several of them: each plays its part of the bytes, and the first names the others. */
export const crowd: FuzzTarget = {
  name: "session-crowd",
  group: "sessions",
  maxBytes: 3_072,
  *seeds() {
    const scripts = [...peerSeeds()]
    const longest = Math.max(...scripts.map(({ length }) => length))
    for (const [at, script] of scripts.entries()) {
      const four = [0, 1, 2, 3].map((more) => scripts[(at + more) % scripts.length] ?? script)
      const parts = four.map((each) => Buffer.from(each.subarray(1)))
      yield Buffer.concat([script.subarray(0, 1), ...parts.map((part) => padded(part, longest))])
    }
  },
  run(bytes) {
    const { torrent, depth, encryption, pace, script } = castOf(bytes)
    const part = Math.ceil(script.length / (1 + others.length))
    const players = [stranger.host, ...others]
    return audited(bytes, {
      torrent,
      options: { depth, encryption, pace, peers: players.slice(0, 3).map((host) => `${host}:6881`) },
      stage(internet) {
        for (const [at, host] of players.entries())
          internet.serve(
            { host, port: 6_881 },
            (stream) =>
              void playPeer(script.subarray(at * part, (at + 1) * part), stream, torrent, internet.clock),
          )
      },
    })
  },
}
