/** UDP trackers (BEP 15) that answer late, wrongly, too much, or for somebody else. */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram"
import type { Tracker } from "../../../src/evidence.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Stage } from "../case.ts"
import { announcesOf, compactPeers, demandCap, demandOne, demandShort, trackerCase } from "./tracker-stage.ts"

interface Asked {
  readonly action: number
  readonly transaction: Buffer
  readonly from: RemoteInfo
  send(data: Uint8Array): void
  /** From another port of the same host. */
  sendFromElsewhere(data: Uint8Array): void
  /** Again and again until the case is over. */
  flood(data: () => Uint8Array): void
}

const [connect, announce, scrape, error] = [0, 1, 2, 3]
const int32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeInt32BE(value | 0, 4 * i))
  return bytes
}
const replyTo = ({ transaction }: Asked, action: number, body: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([int32(action), transaction, body])
const connected = (asked: Asked): Buffer => replyTo(asked, connect, Buffer.alloc(8, 7))
const counts = (interval = 1_800, leechers = 0, seeders = 1): Buffer => int32(interval, leechers, seeders)
/** An honest answer to a connect, and this to all else. */
const afterConnect = (act: (asked: Asked) => void) => (asked: Asked) =>
  asked.action === connect ? asked.send(connected(asked)) : act(asked)

async function udpServer(stage: Stage, handle: (asked: Asked) => void): Promise<string> {
  const opened = async (): Promise<Socket> => {
    const socket = createSocket("udp4")
    socket.on("error", () => {})
    await new Promise<void>((resolve) => socket.bind({ address: "127.0.0.1", port: 0 }, resolve))
    stage.defer(() => void socket.close())
    return socket
  }
  const [socket, elsewhere] = [await opened(), await opened()]
  let over = false
  stage.defer(() => (over = true))
  const floods = new Set<string>()
  socket.on("message", (data, from) => {
    if (data.length < 16) return
    const key = `${from.address}:${from.port}`
    const send = (reply: Uint8Array, by = socket) => by.send(reply, from.port, from.address, () => {})
    handle({
      action: data.readInt32BE(8),
      transaction: data.subarray(12, 16),
      from,
      send: (reply) => send(reply),
      sendFromElsewhere: (reply) => send(reply, elsewhere),
      flood(make) {
        if (floods.has(key)) return
        floods.add(key)
        const more = () => {
          if (over) return
          for (let i = 0; i < 50; i++) send(make())
          setTimeout(more, 2)
        }
        more()
      },
    })
  })
  return `udp://127.0.0.1:${socket.address().port}/announce`
}

const escapes = Buffer.from("\u001b[2J\u001b]0;owned\u0007<b>".repeat(3_000))
const silent = /announce (aborted|timeout)/
const strays = "tracker.udpMaxStrays"

interface Wrong {
  id: string
  does: string
  bound: string
  expect: RegExp
  readonly handle: (asked: Asked) => void
  verify?(snapshot: Snapshot, tracker: Tracker): string
}

const wrong: readonly Wrong[] = [
  {
    id: "udp-tracker-silent",
    does: "never answers",
    bound: "tracker.udpTotalMs",
    expect: silent,
    handle: () => {},
  },
  {
    id: "udp-tracker-mute",
    does: "answers the connect, and nothing after it",
    bound: "tracker.udpTotalMs",
    expect: silent,
    handle: afterConnect(() => {}),
  },
  {
    id: "udp-tracker-transaction",
    does: "answers with other transaction ids",
    bound: strays,
    expect: silent,
    handle: (asked) => asked.send(Buffer.concat([int32(connect, 12_345), Buffer.alloc(8)])),
  },
  {
    id: "udp-tracker-short",
    does: "sends 0, 1, 4 and 8 bytes in place of an answer",
    bound: "the answer counts as none",
    expect: /announce (bad-reply|aborted|timeout)/,
    handle(asked) {
      for (const length of [0, 1, 4, 8]) asked.send(replyTo(asked, asked.action).subarray(0, length))
    },
  },
  {
    id: "udp-tracker-large",
    does: "sends 64 KB, all of it peers",
    bound: "tracker.maxPeersPerReply",
    expect: /announce ok/,
    handle: afterConnect((asked) =>
      asked.send(replyTo(asked, asked.action, Buffer.concat([counts(), compactPeers(10_900)]))),
    ),
    verify: (snapshot) => demandCap(snapshot, "tracker-peers"),
  },
  {
    id: "udp-tracker-hundredfold",
    does: "sends each answer a hundred times",
    bound: strays,
    expect: /announce (ok|too-large)/,
    handle(asked) {
      const body = Buffer.concat([counts(), compactPeers(50)])
      const reply = asked.action === connect ? connected(asked) : replyTo(asked, asked.action, body)
      for (let i = 0; i < 100; i++) asked.send(reply)
    },
  },
  {
    id: "udp-tracker-flood",
    does: "answers with 64 KB of nonsense, 25,000 times a second",
    bound: strays,
    expect: /announce too-large/,
    handle: (asked) => asked.flood(() => Buffer.alloc(60_000, 1)),
  },
  {
    id: "udp-tracker-error-escape",
    does: "refuses with 60 KB of terminal escapes",
    bound: "tracker.maxReasonLength",
    expect: /tracker-refused/,
    handle: (asked) => asked.send(replyTo(asked, error, escapes)),
    verify(snapshot, tracker) {
      const kept = demandShort(announcesOf(tracker)[0]?.failure?.detail)
      return `${kept}, ${snapshot.peers?.length} peers all the same`
    },
  },
  {
    id: "udp-tracker-forgetful",
    does: "gives another connection id each time, and takes none of them",
    bound: "one connect after a refusal",
    expect: /tracker-refused/,
    handle: afterConnect((asked) =>
      asked.send(replyTo(asked, error, Buffer.from("Connection ID missmatch."))),
    ),
  },
  {
    id: "udp-tracker-other-port",
    does: "answers from another port",
    bound: "an answer comes from where it was asked",
    expect: silent,
    handle: (asked) => asked.sendFromElsewhere(connected(asked)),
  },
  {
    id: "udp-tracker-action",
    does: "answers an announce as if it were a scrape",
    bound: strays,
    expect: silent,
    handle: afterConnect((asked) =>
      asked.send(replyTo(asked, asked.action === announce ? scrape : announce, counts())),
    ),
  },
  {
    id: "udp-tracker-counts",
    does: "counts −1 seeders, and names an interval of −1",
    bound: "a count is not negative, tracker.defaultIntervalMs",
    expect: /announce ok.*scrape bad-reply/,
    handle: afterConnect((asked) => asked.send(replyTo(asked, asked.action, int32(-1, -1, -1)))),
    verify(_, tracker) {
      if (announcesOf(tracker)[0]?.seeders !== null) throw new Error("believed")
      return demandOne(tracker)
    },
  },
  {
    id: "udp-tracker-interval",
    does: "asks to be asked again after 0 s",
    bound: "tracker.defaultIntervalMs",
    expect: /announce ok/,
    handle: afterConnect((asked) => asked.send(replyTo(asked, asked.action, counts(0)))),
    verify: (_, tracker) => demandOne(tracker),
  },
]

export const trackerUdpCases: readonly HostileCase[] = wrong.map(({ handle, ...each }) =>
  trackerCase("udp-tracker", {
    ...each,
    timeoutSeconds: 10,
    start: async (stage) => ({ url: await udpServer(stage, (asked) => handle(asked)) }),
  }),
)
