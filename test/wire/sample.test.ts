import { createHash } from "node:crypto"
import { once } from "node:events"
import { describe, expect, test } from "vitest"
import { failure } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import type { Session } from "../../src/wire/session.ts"
import * as frames from "./frames.ts"
import { askedOf, never, rightBlock, seeder, visit, type Asked, type Visitor } from "./scripted-peer.ts"
import { testSwarm } from "./swarm.ts"

const blockBytes = 16_384
const patient = { blockMs: 20_000 }
const hasty = { blockMs: 400 }

/** With the visitor of the one connection. */
async function visited(script: (visitor: Visitor) => void | Promise<void>, swarm = testSwarm(patient)) {
  const met = Promise.withResolvers<Visitor>()
  const session = await visit((visitor) => {
    met.resolve(visitor)
    return script(visitor)
  }, swarm)
  return { session, visitor: await met.promise }
}

/** Unchoked and ready to fetch. */
async function ready(script: (visitor: Visitor) => void | Promise<void>, swarm = testSwarm(patient)) {
  const { session, visitor } = await visited(script, swarm)
  expect(await session.claimed).toBe(true)
  session.showInterest()
  expect(await session.untilUnchoked(20_000, never)).toBe(true)
  return { session, visitor }
}

const expectUnharmed = async (session: Session, piece = 0) => {
  expect((await session.fetch(piece, never)).verified).toBe(true)
}

describe("a whole piece", () => {
  test.each([
    ["with the fast extension", frames.fastReserved],
    ["without", frames.plainReserved],
  ])("is verified and timed, %s", async (_, reserved) => {
    const { session } = await ready(seeder(rightBlock, reserved))
    const sample = await session.fetch(0, never)
    expect(sample).toMatchObject({ piece: 0, bytes: 65_536, verified: true, failure: null, capped: false })
    expect(sample.progress.at(-1)).toEqual([sample.ms, 65_536])
    expect(sample.progress[0]?.[1]).toBeGreaterThan(0)
    expect(session.record).toMatchObject({ samples: [sample], payloadBytes: 65_536, strayBytes: 0 })
    expect(session.record.firstBlockMs).toBeGreaterThan(0)
  })

  test("the last one, with its short block", async () => {
    const { session } = await ready(seeder())
    expect(await session.fetch(5, never)).toMatchObject({ bytes: 20_000, verified: true })
  })

  test("several at once, in the order asked", async () => {
    const asked: Asked[] = []
    const { session } = await ready(
      seeder((each) => {
        asked.push(each)
        return rightBlock(each)
      }),
    )
    const samples = await Promise.all([2, 0, 5, 1].map((piece) => session.fetch(piece, never)))
    expect(samples.map(({ piece, verified }) => [piece, verified])).toEqual([
      [2, true],
      [0, true],
      [5, true],
      [1, true],
    ])
    expect(asked.map(({ piece, offset }) => [piece, offset / blockBytes]).slice(0, 6)).toEqual([
      [2, 0],
      [2, 1],
      [2, 2],
      [2, 3],
      [0, 0],
      [0, 1],
    ])
  })

  test("blocks in any order", async () => {
    const waiting: Asked[] = []
    const { session } = await ready(
      seeder((asked) => {
        waiting.push(asked)
        if (waiting.length < 4) return null
        return Buffer.concat(waiting.splice(0).toReversed().map(rightBlock))
      }),
    )
    expect(await session.fetch(1, never)).toMatchObject({ bytes: 65_536, verified: true })
  })

  test("more is asked for before anything came, up to their reqq", async () => {
    const { session, visitor } = await ready(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      visitor.send(frames.extensionHandshake("d4:reqqi3ee"), frames.haveAll, frames.unchoke)
    })
    const sample = session.fetch(0, never)
    const first = await visitor.received(6, 3)
    expect(first.map((message) => askedOf(message).offset / blockBytes)).toEqual([0, 1, 2])
    visitor.send(...first.map((message) => rightBlock(askedOf(message))))
    await visitor.received(6, 4)
    visitor.onRequest((asked) => asked.offset / blockBytes === 3 && visitor.send(rightBlock(asked)))
    expect((await sample).verified).toBe(true)
  })

  test("without a reqq, as many as make a start", async () => {
    const { session, visitor } = await ready(seeder(() => null))
    const samples = [0, 1, 2, 3, 4].map((piece) => session.fetch(piece, never))
    await visitor.received(6, limits.peer.pipelineStart)
    const gone = once(visitor.socket, "close")
    session.close(failure("idle"))
    await Promise.all([...samples, gone])
    expect(visitor.messages.filter(({ id }) => id === 6)).toHaveLength(limits.peer.pipelineStart)
  })
})

test("no more than 16 MiB is held for a block that is missing, whatever the piece's size", async () => {
  const pieceBytes = 1_280 * blockBytes
  const zeros = Buffer.alloc(blockBytes)
  const usual = testSwarm(patient)
  const swarm = testSwarm({
    ...patient,
    torrent: { ...usual.torrent, sizeBytes: pieceBytes, pieceBytes, pieceCount: 1 },
    pieceHashes: createHash("sha1").update(Buffer.alloc(pieceBytes)).digest(),
  })
  let asked = 0
  const { session, visitor } = await ready(
    seeder(({ piece, offset }) => {
      asked++
      return offset === 0 ? null : frames.block(piece, offset, zeros)
    }),
    swarm,
  )
  const sample = session.fetch(0, never)
  await expect.poll(() => session.record.payloadBytes, { timeout: 20_000 }).toBe(1_023 * blockBytes)
  expect(asked).toBe(1_024)
  visitor.send(frames.block(0, 0, zeros))
  expect(await sample).toMatchObject({ bytes: pieceBytes, verified: true })
})

describe("wrong data", () => {
  test("a corrupt block", async () => {
    const { session } = await ready(
      seeder((asked) => {
        const bytes = Buffer.from(rightBlock(asked))
        if (asked.piece === 3 && asked.offset === blockBytes) bytes[bytes.length - 1]! ^= 1
        return bytes
      }),
    )
    const sample = await session.fetch(3, never)
    expect(sample).toMatchObject({ bytes: 65_536, verified: false, failure: failure("hash-mismatch") })
    await expectUnharmed(session)
  })

  test.each([
    ["shorter", -1],
    ["empty", -blockBytes],
  ])("a block that is %s than asked", async (_, more) => {
    const { session } = await ready(
      seeder((asked) =>
        asked.piece === 3
          ? frames.block(3, asked.offset, Buffer.alloc(asked.length + more))
          : rightBlock(asked),
      ),
    )
    expect(await session.fetch(3, never)).toMatchObject({ verified: null, failure: failure("short-block") })
    await expectUnharmed(session)
  })

  test.each([
    ["than asked", blockBytes, "a longer block than asked for"],
    ["than any that we ask for", 0, "message 7 of 16394 bytes"],
  ])("a block that is longer %s ends it", async (_, poisoned, detail) => {
    const { session } = await ready(
      seeder((asked) =>
        asked.offset === poisoned
          ? frames.block(5, poisoned, Buffer.alloc(asked.length + 1))
          : rightBlock(asked),
      ),
    )
    const why = failure("protocol-error", detail)
    expect(await session.fetch(5, never)).toMatchObject({ verified: null, failure: why })
    expect(await session.ended).toEqual(why)
  })

  test("unrequested blocks are dropped: not counted, not hashed", async () => {
    const { session } = await ready(
      seeder((asked) =>
        Buffer.concat([
          frames.block(asked.piece, asked.offset + 1, Buffer.alloc(100)),
          frames.block(4, 0, Buffer.alloc(100)),
          frames.block(0xffff_ffff, 0xffff_c000, Buffer.alloc(100)),
          frames.block(asked.piece, 65_536 + asked.offset, Buffer.alloc(100)),
          rightBlock(asked),
        ]),
      ),
    )
    expect(await session.fetch(0, never)).toMatchObject({ bytes: 65_536, verified: true })
    expect(session.record).toMatchObject({ payloadBytes: 65_536, strayBytes: 4 * 400 })
  })

  test("the same block twice counts once", async () => {
    const { session } = await ready(seeder((asked) => Buffer.concat([rightBlock(asked), rightBlock(asked)])))
    expect(await session.fetch(0, never)).toMatchObject({ bytes: 65_536, verified: true })
    expect(session.record.payloadBytes).toBe(65_536)
  })

  test("a flood of unrequested blocks ends it", async () => {
    const { session } = await ready(async (visitor) => {
      await visitor.greet()
      const many = Buffer.concat(
        Array.from({ length: 8 }, () => frames.block(1, 0, Buffer.alloc(blockBytes))),
      )
      visitor.send(frames.haveAll, frames.unchoke)
      const more = () => {
        while (!visitor.socket.destroyed && visitor.socket.write(many));
      }
      visitor.socket.on("drain", more)
      more()
    })
    expect(await session.ended).toEqual(failure("protocol-error", "blocks that nobody asked for"))
    expect(session.record.payloadBytes).toBe(0)
  })
})

describe("choke", () => {
  test("that lasts: choked, which is no accusation", async () => {
    const { session } = await ready(
      seeder((asked) => {
        if (asked.offset > 0) return null
        return Buffer.concat([rightBlock(asked), frames.choke])
      }),
      testSwarm(hasty),
    )
    expect(await session.fetch(0, never)).toMatchObject({
      bytes: blockBytes,
      verified: null,
      failure: failure("choked"),
    })
    expect(session.record).toMatchObject({ choked: true, end: null })
  })

  test("a piece asked of who already chokes", async () => {
    const { session, visitor } = await visited(async (visitor) => {
      await visitor.greet()
      visitor.send(frames.haveAll)
    }, testSwarm(hasty))
    await session.claimed
    expect(await session.fetch(0, never)).toMatchObject({ bytes: 0, failure: failure("choked") })
    expect(visitor.messages.map(({ id }) => id)).not.toContain(6)
    expect(session.record.samples).toEqual([])
  })

  test("without the fast extension voids what was asked for: it is asked for again after the unchoke", async () => {
    let choked = false
    const { session } = await ready(
      seeder((asked) => {
        if (choked || asked.offset === 0) return rightBlock(asked)
        choked = true
        return Buffer.concat([frames.choke, frames.unchoke])
      }, frames.plainReserved),
    )
    expect(await session.fetch(0, never)).toMatchObject({ bytes: 65_536, verified: true })
  })

  test.each([
    ["before", true],
    ["after", false],
  ])("rejects just %s it are its doing", async (_, before) => {
    let choked = false
    const { session, visitor } = await ready(async (visitor) => {
      await visitor.greet()
      visitor.send(frames.haveAll, frames.unchoke)
      const asked = (await visitor.received(6, 4)).map(askedOf)
      choked = true
      const rejects = asked.map(({ piece, offset, length }) => frames.reject(piece, offset, length))
      visitor.send(...(before ? [...rejects, frames.choke] : [frames.choke, ...rejects]))
    })
    const sample = session.fetch(0, never)
    await visitor.received(6, 4)
    expect(choked).toBe(true)
    visitor.onRequest((asked) => visitor.send(rightBlock(asked)))
    visitor.send(frames.unchoke)
    expect(await sample).toMatchObject({ bytes: 65_536, verified: true })
    expect(session.record.rejects).toBe(4)
  })

  test("on and off without end is choked too", async () => {
    const { session } = await ready(
      seeder(
        (asked) => (asked.offset === 0 ? Buffer.concat([frames.choke, frames.unchoke]) : null),
        frames.plainReserved,
      ),
    )
    expect(await session.fetch(0, never)).toMatchObject({ bytes: 0, failure: failure("choked") })
  })

  test("does not keep us from a piece of the allowed fast set", async () => {
    const { session } = await visited(async (visitor) => {
      await visitor.greet()
      visitor.send(frames.haveAll, frames.allowedFast(2), frames.allowedFast(2))
      visitor.onRequest((asked) => visitor.send(rightBlock(asked)))
    })
    await session.claimed
    expect(await session.fetch(2, never)).toMatchObject({ verified: true })
    expect(session.record).toMatchObject({ allowedFast: [2], choked: true })
  })
})

describe("refusals", () => {
  test("a reject while unchoked", async () => {
    const { session } = await ready(
      seeder((asked) =>
        asked.piece === 4 && asked.offset === 0
          ? frames.reject(asked.piece, asked.offset, asked.length)
          : rightBlock(asked),
      ),
    )
    expect(await session.fetch(4, never)).toMatchObject({ verified: null, failure: failure("rejected") })
    expect(session.record).toMatchObject({ rejects: 1, end: null })
    await expectUnharmed(session)
  })

  test("a reject of what nobody asked for is passed over", async () => {
    const { session } = await ready(
      seeder((asked) =>
        Buffer.concat([frames.reject(5, 0, 100), frames.reject(0xffff_ffff, 3, 1), rightBlock(asked)]),
      ),
    )
    await expectUnharmed(session)
    expect(session.record.rejects).toBe(0)
  })

  test("no block in time: one snub, the rest of what was in the air is aborted, the rest goes on", async () => {
    const { session, visitor } = await ready(
      seeder((asked) => (asked.piece === 5 ? rightBlock(asked) : null)),
      testSwarm(hasty),
    )
    const first = session.fetch(0, never)
    const rest = [1, 2, 3, 5].map((piece) => session.fetch(piece, never))
    expect(await first).toMatchObject({ bytes: 0, verified: null, failure: failure("snubbed") })
    const codes = (await Promise.all(rest)).map((sample) => sample.failure?.code ?? "verified")
    expect(codes).toEqual(["aborted", "aborted", "aborted", "verified"])
    await visitor.received(8, 16)
  })

  test("the reject of what was withdrawn is not that of its second try", async () => {
    const { session, visitor } = await ready(seeder(() => null))
    const stop = new AbortController()
    const first = session.fetch(1, stop.signal)
    await visitor.received(6, 4)
    stop.abort()
    await first
    const second = session.fetch(1, never)
    const asked = (await visitor.received(6, 8)).slice(4).map(askedOf)
    const rejects = asked.map(({ piece, offset, length }) => frames.reject(piece, offset, length))
    visitor.send(...rejects, ...asked.map(rightBlock))
    expect(await second).toMatchObject({ verified: true })
    expect(session.record.rejects).toBe(0)
  })

  test("a trickle is slow, not silent", async () => {
    const { session } = await ready(
      seeder((asked, visitor) => {
        setTimeout(() => visitor.send(rightBlock(asked)), 300 * (1 + asked.offset / blockBytes))
        return null
      }),
      testSwarm({ blockMs: 1_000 }),
    )
    expect(await session.fetch(0, never)).toMatchObject({ verified: true })
  })
})

describe("the end in the middle of a piece", () => {
  test.each([
    ["reset", (visitor: Visitor) => visitor.socket.resetAndDestroy(), failure("reset", "ECONNRESET")],
    ["close", (visitor: Visitor) => visitor.socket.end(), failure("closed")],
    [
      "garbage",
      (visitor: Visitor) => visitor.send(frames.have(99)),
      failure("protocol-error", "have of piece 99"),
    ],
  ])("by %s", async (_, leave, why) => {
    const { session, visitor } = await ready(async (visitor) => {
      await visitor.greet()
      visitor.send(frames.haveAll, frames.unchoke)
    })
    const samples = [0, 1].map((piece) => session.fetch(piece, never))
    const [message] = await visitor.received(6)
    if (message) visitor.send(rightBlock(askedOf(message)))
    await expect.poll(() => session.record.payloadBytes).toBe(blockBytes)
    leave(visitor)
    expect(await Promise.all(samples)).toMatchObject([
      { piece: 0, bytes: blockBytes, verified: null, failure: why },
      { piece: 1, bytes: 0, verified: null, failure: why },
    ])
    expect(await session.fetch(2, never)).toMatchObject({ piece: 2, bytes: 0, failure: why })
    expect(session.record.end).toEqual(why)
  })

  test("by our signal: what is in the air is cancelled, what comes all the same is dropped, but paid for", async () => {
    const held: Asked[] = []
    const { session, visitor } = await ready(
      seeder((asked) => {
        if (asked.piece !== 1) return rightBlock(asked)
        held.push(asked)
        return null
      }),
    )
    const stop = new AbortController()
    const sample = session.fetch(1, stop.signal)
    await visitor.received(6, 4)
    stop.abort()
    expect(await sample).toMatchObject({ piece: 1, bytes: 0, verified: null, failure: failure("aborted") })
    expect((await visitor.received(8, 4)).map(askedOf)).toEqual(held)
    visitor.send(...held.map(rightBlock))
    await expectUnharmed(session)
    expect(session.record).toMatchObject({ payloadBytes: 2 * 65_536, strayBytes: 65_536, end: null })
  })

  test("late answers to what we cancelled are no flood, however many", async () => {
    let late = 0
    const { session, visitor } = await ready(
      seeder((asked) => (asked.piece === 1 ? null : rightBlock(asked))),
    )
    for (let round = 1; round <= 20; round++) {
      const stop = new AbortController()
      const sample = session.fetch(1, stop.signal)
      const asked = (await visitor.received(6, 4 * round)).slice(-4).map(askedOf)
      stop.abort()
      await sample
      late += asked.reduce((sum, { length }) => sum + length, 0)
      visitor.send(...asked.map(rightBlock))
      await expect.poll(() => session.record.strayBytes).toBe(late)
    }
    await expectUnharmed(session)
  })

  test("a signal that came before", async () => {
    const { session } = await ready(seeder())
    expect(await session.fetch(0, AbortSignal.abort())).toMatchObject({
      bytes: 0,
      failure: failure("aborted"),
    })
  })
})

describe("our own caps", () => {
  test("a spent budget: not even asked", async () => {
    const { session, visitor } = await ready(seeder(), testSwarm(patient, { maxBytes: 100_000 }))
    expect((await session.fetch(0, never)).verified).toBe(true)
    const asked = visitor.messages.filter(({ id }) => id === 6).length
    expect(await session.fetch(1, never)).toMatchObject({
      bytes: 0,
      verified: null,
      failure: failure("budget"),
    })
    expect((await session.fetch(5, never)).verified).toBe(true)
    expect(visitor.messages.filter(({ id }) => id === 6)).toHaveLength(asked + 2)
  })

  test("what was withdrawn is set aside until it is refused or cannot come any more", async () => {
    const swarm = testSwarm(hasty, { maxBytes: 65_536 })
    const { session, visitor } = await ready(
      seeder((asked) => (asked.piece === 1 ? null : rightBlock(asked))),
      swarm,
    )
    expect(await session.fetch(1, never)).toMatchObject({ failure: failure("snubbed") })
    expect(swarm.throttle.remainingBytes()).toBe(0)
    const [first] = (await visitor.received(8, 4)).map(askedOf)
    if (first) visitor.send(frames.reject(first.piece, first.offset, first.length))
    await expect.poll(() => swarm.throttle.remainingBytes()).toBe(blockBytes)
    session.close(failure("idle"))
    expect(swarm.throttle.remainingBytes()).toBe(65_536)
  })

  test.each([
    ["per peer", { peerBytesPerSecond: 256 * 1_024 }],
    ["in total", { totalBytesPerSecond: 256 * 1_024 }],
  ])("a rate cap %s holds requests back and says so", async (_, caps) => {
    const { session } = await ready(seeder(), testSwarm(patient, caps))
    const samples = await Promise.all([0, 1, 2, 3, 4].map((piece) => session.fetch(piece, never)))
    expect(samples.every(({ verified }) => verified === true)).toBe(true)
    expect(samples.map(({ capped }) => capped)).toEqual([false, false, false, false, true])
  })
})
