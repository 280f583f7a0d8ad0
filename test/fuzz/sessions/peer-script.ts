/** Bytes → what a peer does on one connection, from the first byte to the end. */
import type { Duplex } from "node:stream"
import * as frames from "../../wire/frames.ts"
import type { Clock } from "./clock.ts"
import * as messages from "./messages.ts"
import { createPatience } from "./patience.ts"
import { planOf, type Plan } from "./plan.ts"
import type { SharedTorrent } from "./torrents.ts"
import { wireReader } from "./wire-reader.ts"

/** How it answers requests while its script goes on. */
const services = ["none", "honest", "corrupt", "reject", "short", "twice", "choke", "other"] as const
type Service = (typeof services)[number]

/** Of one connection: a flood that never ends says no more than a long one. */
const mostBytes = 192 * 1024
const mostSteps = 400
const longestMs = 45_000
const linesMs = 5_000

type Message = (plan: Plan, torrent: SharedTorrent) => Uint8Array

const said: readonly [Message, ...Message[]] = [
  messages.handshake,
  messages.extensionHandshake,
  messages.bitfield,
  messages.bare,
  messages.have,
  messages.placed,
  messages.piece,
  messages.extension,
  messages.pex,
  messages.metadata,
  messages.hashes,
  messages.holepunch,
  messages.begun,
  () => frames.haveAll,
  () => frames.unchoke,
  (plan) => plan.take(plan.upTo(255)),
  () => frames.keepAlive,
]

/** Plays it; resolves when the script is over or the connection is. */
export async function playPeer(
  bytes: Uint8Array,
  stream: Duplex,
  torrent: SharedTorrent,
  clock: Pick<Clock, "now" | "sleep">,
): Promise<void> {
  const plan = planOf(bytes)
  const gone = new AbortController()
  stream.on("error", () => {})
  stream.on("close", () => gone.abort())
  let service: Service = "none"
  let written = 0
  let chunk = Infinity
  let last: Uint8Array = frames.keepAlive
  const patience = createPatience(plan, clock, gone.signal, { steps: mostSteps, ms: longestMs })
  /** What it waits for, of what comes. */
  let heard = Promise.withResolvers<void>()

  async function send(message: Uint8Array): Promise<void> {
    last = message
    for (let at = 0; at < message.length && stream.writable && written < mostBytes; at += chunk) {
      const part = message.subarray(at, at + chunk)
      written += part.length
      stream.write(Buffer.from(part))
      if (chunk < message.length) await patience.wait(1)
    }
  }

  const read = wireReader({
    onHandshake: () => heard.resolve(),
    onMessage(id, message) {
      heard.resolve()
      if (id === 2 && service !== "none") void send(frames.unchoke)
      if (id === 6 && message.length === 12) serve(message)
    },
  })
  stream.on("data", read)
  stream.on("end", () => heard.resolve())

  function serve(message: Buffer): void {
    const [at, offset, length] = [0, 4, 8].map((place) => message.readUInt32BE(place)) as [
      number,
      number,
      number,
    ]
    const right = torrent.payload.read(at, offset, length)
    const block = frames.block(at, offset, right)
    if (service === "honest" || service === "twice") void send(block)
    if (service === "twice") void send(block)
    if (service === "corrupt") void send(frames.block(at, offset, Buffer.alloc(length, 1)))
    if (service === "reject") void send(frames.reject(at, offset, length))
    if (service === "short") void send(frames.block(at, offset, right.subarray(0, length >> 1)))
    if (service === "other") void send(frames.block(at ^ 1, offset, right))
    if (service === "choke") void send(frames.choke)
  }

  async function act(action: number): Promise<void> {
    switch (action) {
      case 0:
        heard = Promise.withResolvers()
        return patience.waitFor(heard.promise, linesMs)
      case 1:
        return patience.wait(plan.byte() * 4)
      case 2:
        return patience.wait(plan.byte() * 100)
      case 3:
        service = plan.pick(services)
        return
      case 4:
        chunk = plan.flag() ? 1 + plan.byte() : Infinity
        return
      case 5: {
        const times = 1 + plan.upTo(300)
        const many = Buffer.concat(
          Array.from({ length: Math.min(times, 1 + mostBytes / (last.length + 1)) }, () => last),
        )
        const one = last
        await send(many)
        last = one
        return
      }
      case 6:
        return void stream.end()
      case 7:
        return void ("resetAndDestroy" in stream && typeof stream.resetAndDestroy === "function"
          ? stream.resetAndDestroy()
          : stream.destroy())
      case 8:
        return void stream.destroy()
      case 9:
        return void (stream.isPaused() ? stream.resume() : stream.pause())
      default: {
        const message = said[(action - 10) % said.length] ?? said[0]
        return send(message(plan, torrent))
      }
    }
  }

  const stays = plan.flag()
  while (patience.goesOn()) {
    const opcode = plan.byte()
    // Endings are rare, or no script would be long.
    const action = opcode >= 250 ? 6 + (opcode % 4) : opcode % 27
    await act(action >= 6 && action <= 8 && opcode < 250 ? 10 + action : action)
  }
  if (!stays) stream.end()
}
