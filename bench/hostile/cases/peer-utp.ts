/** uTP (BEP 29) as nobody should speak it. */
import { randomBytes } from "node:crypto"
import dgram from "node:dgram"
import { encodePacket } from "../../../src/wire/utp/codec.ts"
import type { HostileCase } from "../case.ts"
import { endOf, stageSwarm } from "../swarm.ts"
import { handshakeOf, messages } from "../messages.ts"
import { firstSeq, listenUtp, utpCase, type Caller, type UtpAct, type UtpCase } from "./utp-stage.ts"

const seqOf = (step: number) => (firstSeq + step) & 0xffff

/** The SYN answered; then `act`. */
const connected =
  (act: UtpAct): UtpAct =>
  (caller) => {
    caller.send("state")
    act(caller)
  }

/** Acknowledges all that comes. */
const acknowledging = (caller: Caller): { readonly ack: () => number } => {
  let ack = caller.syn.seq
  caller.onPacket(({ type, seq }) => {
    if (type === "data" || type === "fin") ack = seq
  })
  return { ack: () => ack }
}

/** So many packets every few milliseconds, without end. */
const pouring = (caller: Caller, packets: number, next: (at: number) => void): void => {
  let at = 0
  caller.every(5, () => {
    for (let i = 0; i < packets; i++) next(at++)
  })
}

/** The claim came through, one byte at a time. */
const claimed: NonNullable<UtpCase["check"]> = (peer) => {
  if (peer?.stage !== "claimed") throw new Error(endOf(peer))
  return endOf(peer)
}

const fromElsewhere = (caller: Caller): ((bytes: Uint8Array) => void) => {
  const socket = dgram
    .createSocket("udp4")
    .on("error", () => {})
    .unref()
  return (bytes) => socket.send(bytes, caller.port, caller.host, () => {})
}

const behaviours: readonly UtpCase[] = [
  {
    id: "resets",
    does: "answers each SYN with a RESET",
    bound: "contact.silentRounds",
    act: ({ send }) => send("reset"),
    ended: /refused/,
  },
  {
    id: "resets-later",
    does: "answers the SYN, and our handshake with a RESET",
    bound: "peer.maxAttempts",
    act: connected(({ onPacket, send }) => onPacket(() => send("reset"))),
    ended: /reset/,
  },
  {
    id: "answers-and-sleeps",
    does: "answers the SYN and acknowledges nothing after it",
    bound: "utp.maxTimeouts",
    act: connected(() => {}),
    ended: /handshake-timeout|timeout/,
  },
  {
    id: "window-zero",
    does: "has a window of no bytes, for ever",
    bound: "peer.handshakeMs",
    act({ send, every }) {
      send("state", { windowBytes: 0 })
      every(200, () => send("state", { windowBytes: 0 }))
    },
    ended: /handshake-timeout/,
  },
  {
    id: "gap",
    does: "sends 1,400-byte packets beyond every window, all but the first",
    bound: "utp.receiveBytes",
    act: connected((caller) => {
      const payload = new Uint8Array(1_400)
      pouring(caller, 50, (at) => caller.send("data", { seq: seqOf(1 + (at % 4_000)), payload }))
    }),
    ended: /handshake-timeout/,
  },
  {
    id: "jumps",
    does: "sends data under random sequence numbers",
    bound: "utp.maxAhead",
    act: connected((caller) => {
      const payload = new Uint8Array(1_400)
      pouring(caller, 50, () => caller.send("data", { seq: 2 + Math.floor(Math.random() * 65_000), payload }))
    }),
    // Chance may meet the number that is due.
    ended: /handshake-timeout|protocol-error: not a BitTorrent handshake/,
  },
  {
    id: "one-byte-packets",
    does: "handshakes in packets of one byte, and goes on with keep-alives in packets of one byte",
    bound: "utp.receivePackets",
    act: connected((caller) => {
      const { ack } = acknowledging(caller)
      const begin = Buffer.concat([handshakeOf(caller.infoHash, { extensions: false }), messages.haveAll])
      pouring(caller, 20, (at) =>
        caller.send("data", { seq: seqOf(at), ack: ack(), payload: Buffer.from([begin[at] ?? 0]) }),
      )
    }),
    check: claimed,
  },
  {
    id: "datagrams-of-64-kib",
    does: "sends keep-alives in datagrams of 64 KiB",
    bound: "peer.maxMessagesPerSecond",
    act: connected((caller) => {
      const { ack } = acknowledging(caller)
      const begin = Buffer.concat([handshakeOf(caller.infoHash, { extensions: false }), messages.haveAll])
      pouring(caller, 5, (at) =>
        caller.send("data", {
          seq: seqOf(at),
          ack: ack(),
          payload: at === 0 ? begin : new Uint8Array(65_000),
        }),
      )
    }),
    ended: /protocol-error: flood of messages/,
    orBelow: true,
  },
  {
    id: "selective-garbage",
    does: "acknowledges at random, with masks of 252 random bytes",
    bound: "utp.maxFlights",
    act: connected((caller) =>
      pouring(caller, 50, () =>
        caller.send("state", { ack: Math.floor(Math.random() * 65_536), selective: randomBytes(252) }),
      ),
    ),
    ended: /timeout/,
  },
  {
    id: "fin-then-data",
    does: "says goodbye at once, and then sends data for ever",
    bound: "BEP 29",
    act: connected((caller) => {
      caller.send("fin")
      pouring(caller, 50, (at) => caller.send("data", { seq: seqOf(1 + at), payload: new Uint8Array(1_400) }))
    }),
    ended: /closed/,
  },
  {
    id: "extension-chains",
    does: "sends packets with chains of 300 extensions, or chains that never end",
    bound: "utp.maxExtensions",
    act: connected((caller) => {
      const state = encodePacket({ ...caller.syn, type: "state", seq: firstSeq, ack: caller.syn.seq })
      const chain = Buffer.concat([state, Buffer.alloc(600, Buffer.from([2, 0]))])
      const open = Buffer.concat([state, Buffer.from([1, 255, 0])])
      chain[1] = open[1] = 1
      pouring(caller, 20, (at) => caller.sendRaw(at % 2 ? chain : open))
    }),
    ended: /handshake-timeout/,
  },
  {
    id: "spoofed",
    does: "sends resets and data for every connection id, from another port",
    bound: "utp.resetsPerSecond",
    act: connected((caller) => {
      const send = fromElsewhere(caller)
      pouring(caller, 100, (at) =>
        send(
          encodePacket({ ...caller.syn, type: at % 2 ? "reset" : "data", connectionId: (at >> 1) & 0xffff }),
        ),
      )
    }),
    ended: /handshake-timeout/,
  },
  {
    id: "syn-flood",
    does: "sends 20,000 SYNs a second to our port",
    bound: "utp.maxHalfOpen",
    act: (caller) => {
      const sends = Array.from({ length: 8 }, () => fromElsewhere(caller))
      pouring(caller, 100, (at) =>
        sends[at % 8]?.(encodePacket({ ...caller.syn, connectionId: at & 0xffff, seq: (at * 7) & 0xffff })),
      )
    },
    ended: /timeout/,
  },
  {
    id: "garbage",
    does: "sends random datagrams of every length to our port",
    bound: "BEP 29 header",
    act: (caller) =>
      pouring(caller, 50, () => caller.sendRaw(randomBytes(Math.floor(Math.random() * 2_000)))),
    ended: /timeout/,
  },
]

/** Each sends what would fit its own window, but for the first packet. */
const gaps: HostileCase = {
  id: "utp-gaps-together",
  stranger: "utp-peer",
  does: "listens at 100 ports of one host, each of which sends 1 MiB without its first packet",
  bound: "utp.earlyBytes",
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    const payload = new Uint8Array(1_000)
    const act = connected((caller) => {
      let at = 1
      caller.every(20, () => {
        for (const end = at + 50; at < Math.min(end, 1_000); at++)
          caller.send("data", { seq: seqOf(at), payload })
      })
    })
    for (let i = 0; i < 100; i++) await swarm.introduce(await listenUtp(stage, swarm, act))
    return swarm.staged({
      check({ peers }) {
        const opened = peers.filter(({ attempts }) =>
          attempts.some(({ transport }) => transport === "utp"),
        ).length
        if (opened < 50) throw new Error(`only ${opened} were reached by uTP`)
        return `${opened} reached by uTP`
      },
    })
  },
}

export const peerUtpCases: readonly HostileCase[] = [
  ...behaviours.map(({ id, ...rest }) => utpCase({ id: `utp-${id}`, ...rest })),
  gaps,
]
