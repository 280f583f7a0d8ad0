/** A stranger that speaks uTP packet by packet, with whatever numbers the bytes say. */
import { decodePacket, encodePacket, noPayload, type Packet } from "../../../src/wire/utp/codec.ts"
import * as frames from "../../wire/frames.ts"
import type { FuzzTarget } from "../target.ts"
import { audited, stranger, torrentOf } from "./audited.ts"
import { createPatience } from "./patience.ts"
import { planOf, type Plan } from "./plan.ts"
import type { Place } from "./virtual-datagrams.ts"
import { ourHost, type Internet } from "./virtual-network.ts"

const types = ["data", "fin", "state", "reset", "syn"] as const
const mostSteps = 300
const longestMs = 20_000

/** What is known of the conversation, from our packets. */
interface Talk {
  last: Packet | null
  to: Place
  seq: number
}

function packetOf(plan: Plan, talk: Talk, infoHash: Uint8Array): Packet {
  const { last } = talk
  const near = (to: number) => (to + plan.upTo(8) - 4 + 0x10000) & 0xffff
  const exact = plan.upTo(7)
  const type = plan.pick(types)
  const said = plan.upTo(3)
  const id = last === null ? plan.u16() : last.connectionId
  // Our SYN carries the id that we receive under; what follows, the one that we send under.
  const theirId = last === null || last.type === "syn" ? id : (id - 1) & 0xffff
  const payload =
    said === 0
      ? noPayload
      : said === 1
        ? frames.handshakeFrame(infoHash, Buffer.from("-UT3550-fuzzedutp001"), frames.fullReserved)
        : plan.take(plan.upTo(100))
  return {
    type,
    connectionId: exact & 1 ? near(theirId) : theirId,
    timestampUs: plan.u16(),
    differenceUs: plan.u16(),
    windowBytes: plan.flag() ? 1_000_000 : plan.u16(),
    seq: exact & 2 ? near(talk.seq) : talk.seq,
    ack: exact & 4 ? near(last?.seq ?? 0) : (last?.seq ?? 0),
    selective: plan.upTo(3) === 3 ? Uint8Array.from(plan.take(4 * plan.upTo(4))) : null,
    payload,
  }
}

async function play(plan: Plan, internet: Internet, infoHash: Uint8Array, dials: boolean): Promise<void> {
  const { clock } = internet
  const talk: Talk = { last: null, to: { host: ourHost, port: 0 }, seq: 1 + plan.byte() }
  let heard = Promise.withResolvers<void>()
  const send = internet.bind(stranger, (data, from) => {
    talk.last = decodePacket(data) ?? talk.last
    talk.to = from
    heard.resolve()
  })
  const never = new AbortController().signal
  const patience = createPatience(plan, clock, never, { steps: mostSteps, ms: longestMs })
  await patience.wait(50)
  if (dials) talk.to.port = internet.ourPorts.udp[0] ?? 0
  let last: Uint8Array = new Uint8Array()
  const say = (data: Uint8Array, times = 1) => {
    last = data
    for (let n = 0; n < times; n++) send(data, talk.to)
  }
  while (patience.goesOn()) {
    const action = plan.upTo(15)
    if (action === 0) {
      heard = Promise.withResolvers()
      await patience.waitFor(heard.promise, 1_000)
    } else if (action === 1) await patience.wait(plan.byte() * 20)
    else if (action === 2) say(plan.take(plan.upTo(60)))
    else if (action === 3) say(last, plan.byte())
    else if (action === 4) talk.seq = plan.u16()
    else {
      const packet = packetOf(plan, talk, infoHash)
      if (packet.payload.length > 0 || packet.type === "syn") talk.seq = (talk.seq + 1) & 0xffff
      if (action === 5) internet.tell(encodePacket(packet), { host: "10.0.0.9", port: 9 }, talk.to.port)
      else say(encodePacket(packet))
    }
  }
}

export const utpPackets: FuzzTarget = {
  name: "session-utp-packets",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    const state = [6, 0, 2, 0, 0, 1, 0, 2, 1, 0]
    const data = [6, 0, 0, 1, 0, 1, 0, 2, 1, 0]
    const fin = [6, 0, 1, 0, 0, 1, 0, 2, 1, 0]
    yield Uint8Array.from([0, 5, 0, ...state, ...data, 0, ...state, 0, ...state, ...fin])
    yield Uint8Array.from([0, 5, 0, ...state, ...data, 3, 200, 1, 100, ...fin, ...data])
    yield Uint8Array.from([1, 5, 6, 0, 4, 0, 9, 9, 0, 1, 0, 2, 1, 0, 0, ...data, 0, ...state, ...state])
    yield Uint8Array.from([0, 5, 0, 6, 0, 3, 0, 0, 1, 0, 2, 1, 0])
  },
  run(bytes) {
    const plan = planOf(bytes)
    const dials = plan.flag()
    const torrent = torrentOf(false)
    return audited(bytes, {
      torrent,
      options: { depth: "handshake", peers: dials ? [] : [`${stranger.host}:${stranger.port}`] },
      stage(internet) {
        internet.serve({ ...stranger, port: 1 }, (stream) => stream.destroy())
        void play(plan, internet, torrent.payload.infoHash, dials)
      },
    })
  },
}
