/** uTP: the packet itself, one machine against anything, and two machines with a network between them that does what it wants. */
import { limits } from "../../../src/limits.ts"
import { decodePacket, encodePacket, packetTypes, type Packet } from "../../../src/wire/utp/codec.ts"
import { createMachine } from "../../../src/wire/utp/machine.ts"
import { createLink } from "../../wire/utp/link.ts"
import { choicesIn, must, same, type Choices } from "../claims.ts"
import type { FuzzTarget } from "../target.ts"

const packet = (over: Partial<Packet> = {}): Packet => ({
  type: "data",
  connectionId: 7,
  timestampUs: 1,
  differenceUs: 2,
  windowBytes: 65_536,
  seq: 5,
  ack: 99,
  selective: null,
  payload: new Uint8Array(3),
  ...over,
})

export const codec: FuzzTarget = {
  name: "utp-packet",
  group: "wire",
  maxBytes: 1_500,
  run(input) {
    const read = decodePacket(input)
    if (read === null) return
    const written = encodePacket(read)
    must(written.length <= input.length, "not longer than it was")
    same(decodePacket(written), { ...read, payload: Uint8Array.from(read.payload) }, "written and read again")
    must(read.selective === null || read.selective.length % 4 === 0, "a mask of whole words")
  },
  *seeds() {
    yield encodePacket(packet())
    yield encodePacket(
      packet({ type: "state", selective: Uint8Array.of(1, 0, 0, 0x80), payload: new Uint8Array() }),
    )
    yield Uint8Array.of(0x21, 2, 0, 7, ...new Uint8Array(16), 1, 4, 0, 0, 0, 0, 0, 4, 255, 255, 255, 255)
  },
}

/** What a stranger may do to one connection of ours, and what we do meanwhile. */
export const machine: FuzzTarget = {
  name: "utp-machine",
  group: "wire",
  maxBytes: 2_048,
  run(input) {
    const choices = choicesIn(input)
    const answering = choices.number(1) === 1
    let nowMs = 1_000
    let sent = 0
    let overs = 0
    const subject = createMachine({
      receiveId: 7,
      sendId: 8,
      seq: 100,
      answering: answering ? { ack: 0xffff - choices.number(3) } : null,
      connectByMs: nowMs + 10_000,
      transmit(bytes) {
        sent++
        must(overs === 0, "silence after the end")
        must(bytes.length <= limits.utp.maxPacketBytes && decodePacket(bytes) !== null, "a packet of ours")
      },
      onConnected() {},
      onProgress() {},
      onOver: () => void overs++,
    })
    if (!answering) subject.connect(nowMs)
    let steps = 0
    for (; choices.left > 0; steps++) {
      act(choices, subject, nowMs)
      subject.flush(nowMs)
      const deadline = subject.deadlineMs()
      if (choices.number(3) === 0 && deadline < Infinity) nowMs = Math.max(nowMs, deadline)
      else nowMs += choices.number(255)
      for (let turn = 0; subject.deadlineMs() <= nowMs; turn++) {
        must(turn < 4, "a deadline that was met is over")
        subject.wake(nowMs)
        subject.flush(nowMs)
      }
    }
    must(overs <= 1 && subject.over === (overs === 1), "one end")
    must(sent <= 40 * (steps + 2), `${sent} packets for ${steps} events`)
  },
  *seeds() {
    yield Uint8Array.of(
      1,
      0,
      0,
      0,
      0,
      0,
      0,
      3,
      20,
      1,
      5,
      1,
      2,
      3,
      4,
      5,
      6,
      7,
      8,
      9,
      2,
      100,
      3,
      0,
      5,
      4,
      0,
      1,
      6,
      1,
      0,
      1,
    )
    yield Uint8Array.of(
      0,
      0,
      2,
      4,
      100,
      0,
      0,
      0,
      0,
      3,
      1,
      200,
      1,
      200,
      0,
      1,
      1,
      9,
      100,
      0,
      20,
      0,
      2,
      50,
      3,
      0,
      1,
      4,
      1,
      1,
    )
    yield Uint8Array.from({ length: 400 }, (_, at) => (at * 7) % 31)
  },
}

function act(choices: Choices, subject: ReturnType<typeof createMachine>, nowMs: number): void {
  switch (choices.number(8)) {
    case 1:
      return subject.write(new Uint8Array(choices.number(4_000)))
    case 2: {
      const read = subject.read(1 + choices.number(0xffff))
      return must((read?.length ?? 0) <= limits.utp.receiveBytes + limits.utp.slackBytes, "what is read")
    }
    case 3:
      return choices.number(7) === 0 ? subject.finish() : undefined
    case 4:
      return choices.number(15) === 0 ? subject.leave(nowMs) : undefined
    case 5:
      return choices.number(31) === 0 ? subject.reset(nowMs) : undefined
    default: {
      const selective =
        choices.number(3) === 0 ? new Uint8Array(4 * (1 + choices.number(8))).fill(choices.number(255)) : null
      return subject.receive(
        packet({
          type: packetTypes[choices.number(packetTypes.length - 1)] ?? "data",
          timestampUs: choices.number(255),
          windowBytes: choices.number(1) ? 1 << choices.number(31) : choices.number(0xffff),
          seq: choices.number(3) === 0 ? choices.number(0xffff) : choices.number(255),
          ack: choices.number(3) === 0 ? choices.number(0xffff) : 95 + choices.number(15),
          selective,
          payload: new Uint8Array(choices.number(1) ? choices.number(1_400) : 0),
        }),
        nowMs,
      )
    }
  }
}

/** Loss, doubling and order come from the input: what was heard is what was said, as far as it got. */
export const link: FuzzTarget = {
  name: "utp-link",
  group: "wire",
  maxBytes: 256,
  run(input) {
    const choices = choicesIn(input)
    const joined = createLink({
      seed: choices.number(255),
      lossRatio: choices.number(6) / 20,
      duplicateRatio: choices.number(4) / 10,
      delayMs: 1 + choices.number(60),
      jitterMs: choices.number(100),
      seqs: [choices.number(0xffff), choices.number(0xffff)],
      appetite: choices.number(1) ? 500 + choices.number(4_000) : null,
      fate: () => (choices.left > 0 && choices.number(3) === 0 ? "lose" : undefined),
    })
    const sides = [joined.initiator, joined.receiver] as const
    const said = sides.map((side, at) => {
      side.backlog = Buffer.alloc(choices.number(60_000), at + 1)
      for (let place = 0; place < side.backlog.length; place += 251) side.backlog[place] = place % 253
      side.finishes = true
      return Buffer.from(side.backlog)
    })
    joined.run(600_000, () => sides.every(({ over }) => over !== undefined))
    for (const [at, side] of sides.entries()) {
      for (let left = side.machine.read(65_536); left; left = side.machine.read(65_536))
        side.heard.push(Buffer.from(left))
      const heard = Buffer.concat(side.heard)
      const wanted = said[1 - at] ?? Buffer.alloc(0)
      must(heard.equals(wanted.subarray(0, heard.length)), "in order, and nothing else")
      if (side.over === null) same(heard.length, wanted.length, "an orderly end comes after everything")
    }
  },
  *seeds() {
    yield Uint8Array.of(1, 0, 0, 10, 0, 0, 100, 27, 88, 0, 39, 16, 39, 16)
    yield Uint8Array.of(9, 3, 2, 20, 50, 255, 254, 255, 250, 1, 3, 232, 117, 48, 1, 0)
  },
}
