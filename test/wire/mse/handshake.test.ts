/** The handshake without a socket, against itself and against a second implementation. */
import { randomBytes } from "node:crypto"
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { createHandshake, type Handshake } from "../../../src/wire/mse/handshake.ts"
import { initiate, shortSecret, type InitiatorOptions } from "../../../src/wire/mse/initiator.ts"
import { receive, type ReceiverOptions } from "../../../src/wire/mse/receiver.ts"
import {
  asKey,
  asNumber,
  foreignSide,
  infoHash,
  noBytes,
  power,
  prime,
  publicKey,
  type Answer,
  type Request,
} from "./foreign.ts"

const initiator = (options: Partial<InitiatorOptions> = {}) =>
  createHandshake(initiate({ infoHash, offers: "any", randomBytes, ...options }))
const receiver = (options: Partial<ReceiverOptions> = {}) =>
  createHandshake(receive({ infoHashes: [infoHash], policy: "prefer", randomBytes, ...options }))

const sentBy = (side: Handshake): Buffer => Buffer.concat(side.outgoing())

/** What both sides send goes back and forth, so many bytes at a time. */
function converse(left: Handshake, right: Handshake, step = Infinity): void {
  for (;;) {
    const [toRight, toLeft] = [sentBy(left), sentBy(right)]
    if (toRight.length + toLeft.length === 0) return
    for (let at = 0; at < toRight.length; at += step) right.receive(toRight.subarray(at, at + step))
    for (let at = 0; at < toLeft.length; at += step) left.receive(toLeft.subarray(at, at + step))
  }
}

/** Chance that makes every pad as long as it may be. */
const longestPads = (count: number) => (count === 2 ? Buffer.from([0x02, 0x00]) : randomBytes(count))
const noPads = (count: number) => (count === 2 ? Buffer.from([0, 0]) : randomBytes(count))

/** Its secret with the foreign side begins with another byte than zero. */
const usualChance = (count: number) => Buffer.alloc(count, 3)

const resultOf = ({ outcome }: Handshake): string =>
  outcome === null
    ? "goes on"
    : outcome.ok
      ? outcome.value.encryption
      : [outcome.failure.code, outcome.failure.detail].filter(Boolean).join(": ")

describe("both sides are ours", () => {
  it.each([
    ["any", "prefer", "mse-plaintext", "mse-plaintext"],
    ["rc4", "prefer", "mse-rc4", "mse-rc4"],
    ["any", "require", "mse-rc4", "mse-rc4"],
    ["rc4", "require", "mse-rc4", "mse-rc4"],
    ["any", "off", "goes on", "encryption: no handshake in the clear"],
  ] as const)("offers %s, policy %s", (offers, policy, left, right) => {
    for (const step of [Infinity, 1, 7])
      for (const chance of [randomBytes, longestPads, noPads]) {
        const [one, other] = [
          initiator({ offers, randomBytes: chance }),
          receiver({ policy, randomBytes: chance }),
        ]
        converse(one, other, step)
        expect([resultOf(one), resultOf(other)]).toEqual([left, right])
      }
  })

  it("the receiver finds the torrent among several, and refuses another", () => {
    const others = [Buffer.alloc(20, 1), Buffer.alloc(20, 2)]
    const [one, other] = [initiator(), receiver({ infoHashes: [...others, infoHash] })]
    converse(one, other)
    expect(resultOf(other)).toBe("mse-plaintext")
    const stranger = receiver({ infoHashes: others })
    converse(initiator(), stranger)
    expect(resultOf(stranger)).toBe("wrong-info-hash")
  })

  it("an initial payload goes along, and only the handshake counts as overhead", () => {
    for (const offers of ["any", "rc4"] as const) {
      const initialPayload = randomBytes(65_535)
      const [one, other] = [initiator({ initialPayload, offers }), receiver()]
      converse(one, other, 1_000)
      if (one.outcome?.ok !== true || other.outcome?.ok !== true) throw new Error("no agreement")
      expect(Buffer.from(other.outcome.value.early).equals(initialPayload)).toBe(true)
      expect(one.outcome.value.early.length).toBe(0)
      expect(other.outcome.value.overhead.read).toBe(
        one.outcome.value.overhead.written - initialPayload.length,
      )
      expect(other.outcome.value.overhead.written).toBe(one.outcome.value.overhead.read)
    }
  })

  it("what is encrypted after it can be read, whatever came before", () => {
    const [one, other] = [initiator({ offers: "rc4", initialPayload: Buffer.from("IA") }), receiver()]
    converse(one, other)
    if (one.outcome?.ok !== true || other.outcome?.ok !== true) throw new Error("no agreement")
    const [ours, theirs] = [one.outcome.value.ciphers!, other.outcome.value.ciphers!]
    for (const [sender, reader] of [
      [ours, theirs],
      [theirs, ours],
    ] as const) {
      const bytes = Buffer.from("a handshake in the clear")
      sender.encrypt(bytes)
      expect(bytes.toString()).not.toBe("a handshake in the clear")
      reader.decrypt(bytes)
      expect(bytes.toString()).toBe("a handshake in the clear")
    }
  })
})

describe("as receiver, of a second implementation", () => {
  const hearing = (said: Request, options: Partial<ReceiverOptions> = {}, padA = noBytes) => {
    const side = receiver(options)
    side.receive(Buffer.concat([publicKey, padA]))
    const sent = sentBy(side)
    const foreign = foreignSide(sent)
    side.receive(foreign.request(said))
    return { side, foreign, answer: sentBy(side) }
  }

  it.each<[string, Request, string]>([
    ["both methods", { provide: 3 }, "mse-plaintext"],
    ["RC4 alone", { provide: 2 }, "mse-rc4"],
    ["plaintext alone", { provide: 1 }, "mse-plaintext"],
    ["RC4 and bits nobody defined", { provide: 0xff_ff_ff_fe }, "mse-rc4"],
    ["no method", { provide: 0 }, "encryption: no method that both have"],
    ["an unknown method", { provide: 4 }, "encryption: no method that both have"],
    ["another verification constant", { constant: Buffer.alloc(8, 1) }, "encryption: keys differ"],
    ["the longest PadC", { pad: Buffer.alloc(512) }, "mse-plaintext"],
    ["a longer PadC", { padLength: 513 }, "encryption: too much padding"],
    ["PadC that is not zeros", { pad: randomBytes(30) }, "mse-plaintext"],
  ])("%s", (_name, said, result) => {
    expect(resultOf(hearing(said).side)).toBe(result)
  })

  it("under require, plaintext alone is refused", () => {
    expect(resultOf(hearing({ provide: 1 }, { policy: "require" }).side)).toBe(
      "encryption: no method that both have",
    )
  })

  it("answers with the constant, the method, no padding", () => {
    const { foreign, answer } = hearing({ provide: 2 })
    expect(foreign.readFromReceiver(answer).toString("hex")).toBe("0000000000000000000000020000")
  })

  it("hands out IA and what came with it, decrypted as was selected", () => {
    const ia = Buffer.from("initial payload")
    const later = Buffer.from("and more")
    const rc4 = hearing({ provide: 2, ia })
    if (rc4.side.outcome?.ok !== true) throw new Error("no agreement")
    expect(Buffer.from(rc4.side.outcome.value.early).toString()).toBe("initial payload")

    const side = receiver()
    side.receive(publicKey)
    const foreign = foreignSide(sentBy(side))
    const request = foreign.request({ provide: 2, ia })
    side.receive(Buffer.concat([request, foreign.asInitiator(later, request.length - 40)]))
    if (side.outcome?.ok !== true) throw new Error("no agreement")
    expect(Buffer.from(side.outcome.value.early).toString()).toBe("initial payloadand more")

    const plain = receiver()
    plain.receive(publicKey)
    plain.receive(Buffer.concat([foreignSide(sentBy(plain)).request({ provide: 3, ia }), later]))
    if (plain.outcome?.ok !== true) throw new Error("no agreement")
    expect(Buffer.from(plain.outcome.value.early).toString()).toBe("initial payloadand more")
  })

  it("looks for the mark after 0 to 512 bytes of PadA, and no further", () => {
    for (const length of [0, 1, 511, 512])
      expect(resultOf(hearing({}, {}, randomBytes(length)).side)).toBe("mse-plaintext")
    expect(resultOf(hearing({}, {}, randomBytes(513)).side)).toBe("encryption: no request within the padding")
    const side = receiver()
    side.receive(publicKey)
    side.receive(randomBytes(531))
    expect(resultOf(side)).toBe("goes on")
    side.receive(randomBytes(1))
    expect(resultOf(side)).toBe("encryption: no request within the padding")
  })

  it.each([0n, 1n, prime - 1n, prime, (1n << 768n) - 1n])("refuses a public key that gives S away", (key) => {
    const side = receiver()
    side.receive(asKey(key))
    expect(resultOf(side)).toBe("encryption: a public key that gives the secret away")
    expect(sentBy(side).length).toBe(0)
  })

  it("a handshake in the clear passes whole, unless encryption is required", () => {
    const handshake = Buffer.concat([Buffer.from("\x13BitTorrent protocol"), randomBytes(48)])
    for (const [policy, result] of [
      ["prefer", "none"],
      ["off", "none"],
      ["require", "encryption: dialled in the clear"],
    ] as const) {
      const side = receiver({ policy })
      for (const byte of handshake.subarray(0, 19)) side.receive(Buffer.of(byte))
      expect(resultOf(side)).toBe("goes on")
      side.receive(handshake.subarray(19))
      expect(resultOf(side)).toBe(result)
      const agreed = side.outcome?.ok === true ? side.outcome.value : null
      const early = policy === "require" ? undefined : handshake
      expect(agreed?.early).toEqual(early)
      expect(agreed?.overhead ?? { read: 0, written: 0 }).toEqual({ read: 0, written: 0 })
      expect(sentBy(side).length).toBe(0)
    }
  })

  it("under off, the first byte that no handshake has ends it", () => {
    const side = receiver({ policy: "off" })
    side.receive(Buffer.from("\x13Bit"))
    expect(resultOf(side)).toBe("goes on")
    side.receive(Buffer.from("t"))
    expect(resultOf(side)).toBe("encryption: no handshake in the clear")
  })
})

describe("as initiator, of a second implementation", () => {
  const answered = (said: Answer, options: Partial<InitiatorOptions> = {}, padB = noBytes) => {
    const side = initiator(options)
    const foreign = foreignSide(sentBy(side))
    side.receive(Buffer.concat([publicKey, padB]))
    const request = sentBy(side)
    side.receive(foreign.answer(said))
    return { side, foreign, request }
  }

  it.each<[string, Answer, "any" | "rc4", string]>([
    ["plaintext", { select: 1 }, "any", "mse-plaintext"],
    ["RC4", { select: 2 }, "any", "mse-rc4"],
    ["plaintext, not offered", { select: 1 }, "rc4", "encryption: selected what was not offered"],
    ["both", { select: 3 }, "any", "encryption: selected what was not offered"],
    ["none", { select: 0 }, "any", "encryption: selected what was not offered"],
    ["the longest PadD", { pad: Buffer.alloc(512) }, "rc4", "mse-rc4"],
    ["a longer PadD", { padLength: 513 }, "any", "encryption: too much padding"],
  ])("%s", (_name, said, offers, result) => {
    expect(resultOf(answered(said, { offers }).side)).toBe(result)
  })

  it.each([
    ["any", 3],
    ["rc4", 2],
  ] as const)("asks for %s as the specification lays it out", (offers, provide) => {
    const { foreign, request } = answered({}, { offers, initialPayload: Buffer.from("IA") })
    expect(request.subarray(0, 20).equals(foreign.syncMark)).toBe(true)
    expect(foreign.asInitiator(request.subarray(40)).toString("hex")).toBe(
      `00000000000000000000000${provide}00000002${Buffer.from("IA").toString("hex")}`,
    )
  })

  it("hands out what came right behind the answer", () => {
    const { side } = answered({ select: 2, payload: Buffer.from("payload") })
    if (side.outcome?.ok !== true) throw new Error("no agreement")
    expect(Buffer.from(side.outcome.value.early).toString()).toBe("payload")
  })

  it("looks for the answer after 0 to 512 bytes of PadB, and no further", () => {
    for (const length of [0, 1, 511, 512])
      expect(resultOf(answered({}, {}, randomBytes(length)).side)).toBe("mse-rc4")
    expect(resultOf(answered({}, {}, randomBytes(513)).side)).toBe("encryption: no answer within the padding")
  })

  it.each([0n, 1n, prime - 1n, prime, (1n << 768n) - 1n])("refuses a public key that gives S away", (key) => {
    const side = initiator()
    side.receive(asKey(key))
    expect(resultOf(side)).toBe("encryption: a public key that gives the secret away")
  })

  it("notes a secret that begins with a zero, and only that", () => {
    const side = initiator()
    const ours = sentBy(side).subarray(0, 96)
    for (let exponent = 2n; ; exponent++) {
      if (power(asNumber(ours), exponent) >> 760n > 0n) continue
      side.receive(asKey(power(2n, exponent)))
      break
    }
    expect([side.note, resultOf(side)]).toEqual([shortSecret, "goes on"])
    const { side: usual } = answered({}, { randomBytes: usualChance })
    expect(usual.note).toBeNull()
  })

  it("knows an answer in the clear before a key's length has come", () => {
    const side = initiator()
    side.receive(Buffer.concat([Buffer.from("\x13BitTorrent protocol"), Buffer.alloc(48)]))
    expect(resultOf(side)).toBe("encryption: answered in the clear")
  })
})

describe("whatever comes", () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 1_500 }), { maxLength: 12 })
  const begin = fc.constantFrom<() => Handshake>(
    () => initiator(),
    () => receiver(),
    () => receiver({ policy: "require" }),
    () => receiver({ policy: "off" }),
  )

  it("no bytes make it throw or agree, and more than a key, a pad and a mark end it", () => {
    expect(() =>
      fc.assert(
        fc.property(begin, chunks, (start, parts) => {
          const side = start()
          let total = 0
          for (const part of parts) {
            side.receive(part)
            total += part.length
          }
          const isRefused = resultOf(side).startsWith("encryption")
          return total >= 96 + 512 + 20 ? isRefused : isRefused || side.outcome === null
        }),
        { numRuns: 300 },
      ),
    ).not.toThrow()
  })

  it("a true handshake with any bytes changed, lost or added ends in an outcome or goes on, cut as it may be", () => {
    fc.assert(
      fc.property(
        fc.nat(400),
        fc.uint8Array({ maxLength: 3 }),
        fc.nat(3),
        fc.integer({ min: 1, max: 300 }),
        (at, inserted, removed, step) => {
          const side = receiver({ randomBytes: noPads })
          side.receive(publicKey)
          const request = foreignSide(sentBy(side)).request({
            provide: 2,
            pad: Buffer.alloc(100),
            ia: Buffer.alloc(200),
          })
          const spoilt = Buffer.concat([
            request.subarray(0, at),
            inserted,
            request.subarray(at + removed),
            Buffer.alloc(66_000),
          ])
          for (let from = 0; from < spoilt.length; from += step)
            side.receive(spoilt.subarray(from, from + step))
          expect(side.outcome).not.toBeNull()
        },
      ),
      { numRuns: 200 },
    )
  })

  it("single bytes up to the longest IA stay within its memory", () => {
    const side = receiver()
    side.receive(publicKey)
    const ia = randomBytes(65_535)
    const request = foreignSide(sentBy(side)).request({ pad: Buffer.alloc(512), ia })
    for (const byte of request) side.receive(Buffer.of(byte))
    if (side.outcome?.ok !== true) throw new Error("no agreement")
    expect(Buffer.from(side.outcome.value.early).equals(ia)).toBe(true)
  })
})
