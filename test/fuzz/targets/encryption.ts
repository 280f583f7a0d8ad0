/** MSE, both ends: what a stranger says to either, and what the network does to what they say to each other. */
import { encryptions } from "../../../src/evidence.ts"
import { failureCodes } from "../../../src/failure.ts"
import { createHandshake, type Handshake } from "../../../src/wire/mse/handshake.ts"
import { initiate } from "../../../src/wire/mse/initiator.ts"
import { receive } from "../../../src/wire/mse/receiver.ts"
import { choicesIn, must, pieces, same, type Choices } from "../claims.ts"
import { greeting } from "../frames.ts"
import type { FuzzTarget } from "../target.ts"

const infoHash = new Uint8Array(20).fill(1)

/** Secrets that are the same every time, and padding as long as the input says. */
const bytesFrom = (seed: number, padBytes: number) => (count: number) =>
  count === 2 ? Uint8Array.of(padBytes >> 8, padBytes & 255) : new Uint8Array(count).fill(seed)

const initiator = (choices: Choices): Handshake =>
  createHandshake(
    initiate({
      infoHash,
      offers: choices.number(1) ? "rc4" : "any",
      initialPayload: greeting(infoHash).subarray(0, choices.number(68)),
      randomBytes: bytesFrom(3 + choices.number(3), choices.number(512)),
    }),
  )

const receiver = (choices: Choices): Handshake =>
  createHandshake(
    receive({
      infoHashes: [new Uint8Array(20), infoHash],
      policy: encryptions[choices.number(2)] ?? "prefer",
      randomBytes: bytesFrom(9, choices.number(512)),
    }),
  )

function checked({ outcome }: Handshake): void {
  if (outcome === null) return
  if (!outcome.ok) return must(failureCodes.includes(outcome.failure.code), "a known code")
  const { encryption, ciphers, early, overhead } = outcome.value
  same(ciphers !== null, encryption === "mse-rc4", "a cipher for RC4 alone")
  must(overhead.read >= 0 && overhead.written >= 0 && early.length >= 0, "counts")
}

/** What it came to, and what its reader gets first: more of it where more came in one piece. */
function told({ outcome }: Handshake): { what: unknown; early: string } {
  if (!outcome?.ok) return { what: outcome, early: "" }
  return { what: outcome.value.encryption, early: Buffer.from(outcome.value.early).toString("hex") }
}

export const stranger: FuzzTarget = {
  name: "mse-stranger",
  group: "wire",
  maxBytes: 2_048,
  run(input) {
    const make = input[0] === 0 ? initiator : receiver
    const choices = choicesIn(input.subarray(1, 16))
    const again = choicesIn(input.subarray(1, 16))
    const bytes = input.subarray(16)
    const [whole, cut] = [make(choices), make(again)]
    whole.receive(bytes)
    for (const part of pieces(choicesIn(input.subarray(8)))) cut.receive(part)
    for (const end of [whole, cut]) checked(end)
    const sent = Buffer.concat(whole.outgoing()).length
    must(sent <= 96 + 512 + 20 + 20 + 14 + 2 + 68, `${sent} bytes`)
    same(told(cut).what, told(whole).what, "the same in other pieces")
    must(told(whole).early.startsWith(told(cut).early), "the same bytes for its reader")
  },
  *seeds() {
    const head = (kind: number) => [kind, 0, 1, 2, 0, 9, 0, 9, 255, 1, 7, 96, 255, 3, 20, 60]
    yield Uint8Array.of(...head(1), ...greeting(infoHash))
    yield Uint8Array.of(...head(0), ...greeting(infoHash))
    yield Uint8Array.of(...head(1), ...new Uint8Array(160).fill(2))
    yield Uint8Array.of(...head(0), ...new Uint8Array(900).fill(7))
    yield Uint8Array.of(...head(0), ...new Uint8Array(95), 1)
  },
}

export const between: FuzzTarget = {
  name: "mse-between",
  group: "wire",
  maxBytes: 256,
  run(input) {
    const choices = choicesIn(input)
    const [one, other] = [initiator(choices), receiver(choices)]
    const edits = Array.from({ length: choices.number(3) }, () => ({
      at: choices.number(1_300),
      by: choices.number(255),
    }))
    const step = 1 + choices.number(700)
    let passed = 0
    for (let round = 0; round < 12; round++)
      for (const [from, to] of [
        [one, other],
        [other, one],
      ] as const) {
        const bytes = Buffer.concat(from.outgoing())
        for (const { at, by } of edits)
          if (at >= passed && at < passed + bytes.length) bytes[at - passed] = (bytes[at - passed] ?? 0) ^ by
        passed += bytes.length
        for (let at = 0; at < bytes.length; at += step) to.receive(bytes.subarray(at, at + step))
      }
    for (const end of [one, other]) checked(end)
    const [ours, theirs] = [one.outcome, other.outcome]
    if (edits.some(({ by }) => by !== 0) || !ours?.ok || !theirs?.ok) return
    same(ours.value.encryption, theirs.value.encryption, "both agree")
    const [said, heard] = [Buffer.from("hello, other side"), Buffer.from("hello, other side")]
    ours.value.ciphers?.encrypt(heard)
    theirs.value.ciphers?.decrypt(heard)
    same(heard, said, "and understand each other")
  },
  *seeds() {
    yield Uint8Array.of(0, 68, 0, 0, 0, 0, 0, 0, 0, 0)
    yield Uint8Array.of(1, 0, 1, 1, 0, 1, 0, 200, 1, 0, 100, 7, 2, 0)
    yield Uint8Array.of(0, 68, 2, 2, 0, 2, 1, 0, 2, 2, 188, 255, 0, 10, 1, 0, 50)
  },
}
