import { randomBytes } from "node:crypto"
import { once } from "node:events"
import { describe, expect, test } from "vitest"
import { failure } from "../../src/failure.ts"
import { limits } from "../../src/limits.ts"
import { realNetwork } from "../../src/network.ts"
import { dial, plain } from "../../src/wire/dial.ts"
import * as frames from "./frames.ts"
import { never, scriptedPeer, visit, type Visitor } from "./scripted-peer.ts"
import { auditorId, infoHash, remoteId, testSwarm } from "./swarm.ts"

const hello = (visitor: Visitor, ...more: Uint8Array[]) =>
  visitor.send(frames.handshakeFrame(infoHash, remoteId, frames.fastReserved), ...more)
const helloInFull = (visitor: Visitor, ...more: Uint8Array[]) =>
  visitor.send(frames.handshakeFrame(infoHash, remoteId, frames.fullReserved), ...more)

describe("dial", () => {
  test("refused", async () => {
    const network = realNetwork()
    const free = await network.listen(0, () => {})
    if (!free.ok) throw new Error(free.failure.code)
    free.value.close()
    const dialled = await dial(testSwarm(), `127.0.0.1:${free.value.port}`, plain, never)
    expect(dialled).toEqual({ ok: false, failure: failure("refused", "ECONNREFUSED") })
  })

  test("what is no address", async () => {
    const dialled = await dial(testSwarm(), "localhost:6881", plain, never)
    expect(dialled).toMatchObject({ ok: false, failure: { code: "filtered" } })
  })

  test("aborted beforehand", async () => {
    const dialled = await dial(testSwarm(), await scriptedPeer(() => {}), plain, AbortSignal.abort())
    expect(dialled).toEqual({ ok: false, failure: failure("aborted") })
  })

  test("its signal ends the session too", async () => {
    const stop = new AbortController()
    const dialled = await dial(
      testSwarm(),
      await scriptedPeer((visitor) => visitor.greet()),
      plain,
      stop.signal,
    )
    if (!dialled.ok) throw new Error(dialled.failure.code)
    const session = dialled.value
    await session.handshaken
    stop.abort()
    expect(await session.ended).toEqual(failure("aborted"))
  })
})

describe("who may not greet any more", () => {
  test("closes before a byte is sent", async () => {
    const met = Promise.withResolvers<Visitor>()
    const dialled = await dial(testSwarm(), await scriptedPeer(met.resolve), plain, never, () => false)
    expect(dialled).toEqual({ ok: false, failure: failure("duplicate") })
    const { socket } = await met.promise
    if (!socket.closed) await once(socket, "close")
    expect(socket.bytesRead).toBe(0)
  })

  test("is asked once TCP is open", async () => {
    const accepted = Promise.withResolvers<void>()
    let asked = 0
    const endpoint = await scriptedPeer((visitor) => {
      accepted.resolve()
      return visitor.greet()
    })
    const dialling = dial(testSwarm(), endpoint, plain, never, () => ++asked > 0)
    expect(asked).toBe(0)
    const dialled = await dialling
    expect(asked).toBe(1)
    if (!dialled.ok) throw new Error(dialled.failure.code)
    expect(await dialled.value.handshaken).toMatchObject({ ok: true })
    dialled.value.close(failure("idle"))
  })
})

describe("what we say", () => {
  test("handshake, have-none, and an extension handshake without upload_only", async () => {
    const heard = Promise.withResolvers<Visitor>()
    await visit(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      heard.resolve(visitor)
    })
    const visitor = await heard.promise
    expect(await visitor.handshake).toEqual(frames.handshakeFrame(infoHash, auditorId, frames.fullReserved))
    const [extended] = await visitor.received(20)
    expect(extended?.payload.toString("latin1")).toBe(
      "\0d1:md11:lt_donthavei7ee1:pi6999e4:reqqi250e1:v19:torrent-audit 0.1.0e",
    )
    await visitor.received(15)
    expect(visitor.messages.map(({ id }) => id)).not.toContain(5)
  })

  test("no port while we don't listen, and nothing of BEP 6 or 10 to who doesn't speak it", async () => {
    const heard = Promise.withResolvers<Visitor>()
    const session = await visit(
      async (visitor) => {
        await visitor.greet(frames.plainReserved)
        heard.resolve(visitor)
      },
      testSwarm({ listenPort: null }),
    )
    session.showInterest()
    const visitor = await heard.promise
    await visitor.received(2)
    expect(visitor.messages.map(({ id }) => id)).toEqual([2])
  })

  test("interest shown before the handshake is sent after it", async () => {
    const greet = Promise.withResolvers<void>()
    const heard = Promise.withResolvers<Visitor>()
    const session = await visit(async (visitor) => {
      await greet.promise
      await visitor.greet()
      heard.resolve(visitor)
    })
    session.showInterest()
    greet.resolve()
    expect(await (await heard.promise).received(2)).toHaveLength(1)
  })

  test("interest is lost once, and only by who showed it", async () => {
    const heard = Promise.withResolvers<Visitor>()
    const session = await visit((visitor) => {
      hello(visitor)
      heard.resolve(visitor)
    })
    const visitor = await heard.promise
    await session.handshaken
    session.loseInterest()
    session.showInterest()
    session.loseInterest()
    session.loseInterest()
    await visitor.received(3)
    expect(visitor.messages.map(({ id }) => id).filter((id) => id === 2 || id === 3)).toEqual([2, 3])
  })

  test("their requests are counted and never answered", async () => {
    const heard = Promise.withResolvers<Visitor>()
    const session = await visit((visitor) => {
      const flood = Buffer.concat(Array.from({ length: 5_000 }, () => frames.request(0, 0, 16_384)))
      hello(visitor, flood, frames.haveAll)
      heard.resolve(visitor)
    })
    expect(await session.claimed).toBe(true)
    await expect.poll(() => session.record.ignoredRequests).toBe(5_000)
    session.showInterest()
    const visitor = await heard.promise
    await visitor.received(2)
    expect(new Set(visitor.messages.map(({ id }) => id))).toEqual(new Set([15, 2]))
  })
})

describe("before the handshake is through", () => {
  const endOf = async (
    script: (visitor: Visitor) => void | Promise<void>,
    swarm = testSwarm({ handshakeMs: 20_000 }),
  ) => {
    const session = await visit(script, swarm)
    const end = await session.ended
    expect(await session.handshaken).toEqual({ ok: false, failure: end })
    expect(await session.claimed).toBe(false)
    expect(session.record).toMatchObject({ handshakeMs: null, pieces: null, end })
    expect(session.record.closedMs).toBeGreaterThan(0)
    return end
  }

  test("closes at once", async () => {
    expect(await endOf(({ socket }) => void socket.end())).toEqual(failure("closed"))
  })

  test("resets", async () => {
    const end = await endOf(async ({ socket, handshake }) => {
      await handshake
      socket.resetAndDestroy()
    })
    expect(end).toEqual(failure("reset", "ECONNRESET"))
  })

  test("closes after half a handshake", async () => {
    const half = frames.handshakeFrame(infoHash, remoteId, frames.fastReserved).subarray(0, 40)
    expect(await endOf(({ socket }) => void socket.end(half))).toEqual(failure("closed"))
  })

  test.each([
    ["an HTTP reply", Buffer.from("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["random bytes", Buffer.concat([Buffer.from([20]), randomBytes(500)])],
  ])("says %s", async (_, bytes) => {
    const end = await endOf((visitor) => visitor.send(bytes))
    expect(end).toEqual(failure("protocol-error", "not a BitTorrent handshake"))
  })

  test("goes silent after half a handshake", async () => {
    const half = frames.handshakeFrame(infoHash, remoteId, frames.fastReserved).subarray(0, 40)
    const end = await endOf((visitor) => visitor.send(half), testSwarm({ handshakeMs: 50 }))
    expect(end).toEqual(failure("handshake-timeout"))
  })

  test("sends a byte now and then: the deadline is for all of them", async () => {
    const end = await endOf(
      (visitor) => {
        const bytes = [...frames.handshakeFrame(infoHash, remoteId, frames.fastReserved)]
        const timer = setInterval(() => visitor.send(Buffer.from([bytes.shift() ?? 0])), 20)
        visitor.socket.on("close", () => clearInterval(timer))
      },
      testSwarm({ handshakeMs: 100 }),
    )
    expect(end).toEqual(failure("handshake-timeout"))
  })

  test("has another info hash", async () => {
    const end = await endOf((visitor) =>
      visitor.send(frames.handshakeFrame(randomBytes(20), remoteId, frames.fastReserved)),
    )
    expect(end).toEqual(failure("wrong-info-hash"))
  })

  test("is ourselves", async () => {
    const end = await endOf(async (visitor) => visitor.send(await visitor.handshake))
    expect(end).toEqual(failure("self"))
  })

  test("we close", async () => {
    const session = await visit(() => {})
    session.close(failure("duplicate"))
    expect(await session.handshaken).toEqual({ ok: false, failure: failure("duplicate") })
    expect(await session.ended).toEqual(failure("duplicate"))
  })
})

describe("identity", () => {
  test("peer id, reserved bytes, and all of the extension handshake", async () => {
    const m = "1:md11:ut_metadatai3e6:ut_pexi1e4:goneI".replace("I", "i0ee")
    const session = await visit((visitor) =>
      helloInFull(
        visitor,
        frames.extensionHandshake(
          `d${m}13:metadata_sizei5196e1:pi51413e4:reqqi500e11:upload_onlyi1e1:v17:qBittorrent/4.5.26:yourip4:\x7f\0\0\x01e`,
        ),
        frames.haveAll,
      ),
    )
    await session.claimed
    expect(session.record).toMatchObject({
      peerId: remoteId.toString("hex"),
      reserved: "0000000000100004",
      client: "qBittorrent 4.5.2",
      clientFamily: "qBittorrent",
      fast: true,
      extensions: {
        names: ["ut_metadata", "ut_pex"],
        v: "qBittorrent/4.5.2",
        port: 51_413,
        reqq: 500,
        uploadOnly: true,
        metadataBytes: 5_196,
        yourIp: true,
      },
    })
  })

  test("hostile values are bounded or dropped", async () => {
    const names = Array.from({ length: 300 }, (_, at) => `${`x${at}`.length}:x${at}i1e`).join("")
    const v = `\x1b[31m\u202eevil${"z".repeat(500)}`
    const session = await visit((visitor) =>
      helloInFull(
        visitor,
        frames.extensionHandshake(
          `d1:md${names}e13:metadata_sizei-1e1:pi70000e4:reqqi0e1:v${Buffer.byteLength(v)}:${v}6:yourip3:abce`,
        ),
        frames.haveAll,
      ),
    )
    await session.claimed
    const { extensions } = session.record
    expect(extensions).toMatchObject({
      port: null,
      reqq: null,
      metadataBytes: null,
      yourIp: false,
      uploadOnly: null,
    })
    expect(extensions?.names).toHaveLength(limits.peer.maxExtensionNames)
    expect(extensions?.v).toMatch(/^\[31m evilz+$/)
    expect(extensions?.v).toHaveLength(limits.peer.maxClientNameLength)
  })

  test("a later extension handshake changes what it names", async () => {
    const session = await visit((visitor) =>
      helloInFull(
        visitor,
        frames.extensionHandshake("d1:md6:ut_pexi1ee1:pi6881e1:v3:one11:upload_onlyi0ee"),
        frames.extensionHandshake(
          "d1:md10:lt_thingi2e6:ut_pexi0ee11:upload_onlyi1ee".replace("10:lt_thing", "8:lt_thing"),
        ),
        frames.haveNone,
      ),
    )
    await session.claimed
    expect(session.record.extensions).toMatchObject({
      names: ["lt_thing"],
      port: 6_881,
      v: "one",
      uploadOnly: true,
    })
  })
})

describe("claims", () => {
  const claimedBy = async (...bytes: Uint8Array[]) => {
    const session = await visit((visitor) => hello(visitor, ...bytes), testSwarm({ claimMs: 50 }))
    expect(await session.claimed).toBe(true)
    return session
  }

  test("have-all, expanded", async () => {
    const { record } = await claimedBy(frames.haveAll)
    expect(record).toMatchObject({ pieces: new Uint8Array([0b1111_1100]), haveCount: 6, haveEvents: [] })
    expect(record.bitfieldMs).toBeGreaterThan(0)
  })

  test("have-none", async () => {
    const { record } = await claimedBy(frames.haveNone)
    expect(record).toMatchObject({ claimSent: true, pieces: new Uint8Array([0]), haveCount: 0 })
  })

  test("nothing said is nothing held", async () => {
    const { record } = await claimedBy()
    expect(record).toMatchObject({
      claimSent: false,
      pieces: new Uint8Array([0]),
      haveCount: 0,
      bitfieldMs: null,
    })
  })

  test("which a late claim corrects", async () => {
    const met = Promise.withResolvers<Visitor>()
    const session = await visit(
      (visitor) => {
        hello(visitor)
        met.resolve(visitor)
      },
      testSwarm({ claimMs: 30 }),
    )
    expect(await session.claimed).toBe(true)
    expect(session.record).toMatchObject({ claimSent: false, haveCount: 0 })
    ;(await met.promise).send(frames.haveAll)
    await expect.poll(() => session.record.haveCount).toBe(6)
    expect(session.record.claimSent).toBe(true)
  })

  test.each([
    ["an unchoke", frames.unchoke],
    ["a choke", frames.choke],
    ["interest", frames.frame(2)],
    ["a port", frames.frame(9, Buffer.alloc(2, 1))],
  ])("%s first: no claim can follow, so none is waited for", async (_, first) => {
    const session = await visit((visitor) => hello(visitor, first), testSwarm({ claimMs: 60_000 }))
    expect(await session.claimed).toBe(true)
    expect(session.record).toMatchObject({ claimSent: false, haveCount: 0, bitfieldMs: null })
  })

  test("an extension handshake first, then the claim", async () => {
    const met = Promise.withResolvers<Visitor>()
    const session = await visit(
      (visitor) => {
        helloInFull(visitor, frames.extensionHandshake("d1:v13:libtorrent/2.e"), frames.keepAlive)
        met.resolve(visitor)
      },
      testSwarm({ claimMs: 60_000 }),
    )
    await expect.poll(() => session.record.extensions?.v).toBe("libtorrent/2.")
    expect(session.record.pieces).toBe(null)
    ;(await met.promise).send(frames.bitfield(Buffer.from([0xfc])))
    expect(await session.claimed).toBe(true)
    expect(session.record).toMatchObject({ claimSent: true, haveCount: 6 })
  })

  test("a bitfield, and every HAVE after it", async () => {
    const { record } = await claimedBy(
      frames.bitfield(Buffer.from([0b1000_0000])),
      frames.have(0),
      frames.have(2),
      frames.have(5),
      frames.unchoke,
    )
    expect(record).toMatchObject({ pieces: new Uint8Array([0b1010_0100]), haveCount: 3, choked: false })
    expect(record.haveEvents.map(({ count }) => count)).toEqual([1, 3])
  })

  test("who speaks BEP 10 is given the time to say so", async () => {
    const met = Promise.withResolvers<Visitor>()
    const session = await visit((visitor) => {
      helloInFull(visitor, frames.haveAll)
      met.resolve(visitor)
    })
    const visitor = await met.promise
    await expect.poll(() => session.record.haveCount).toBe(6)
    visitor.send(frames.extensionHandshake("d1:v9:BiglyBT 3e"))
    expect(await session.claimed).toBe(true)
    expect(session.record.extensions?.v).toBe("BiglyBT 3")
  })

  test("and not more than that", async () => {
    const session = await visit((visitor) => helloInFull(visitor, frames.haveAll), testSwarm({ claimMs: 50 }))
    expect(await session.claimed).toBe(true)
    expect(session.record).toMatchObject({ haveCount: 6, extensions: null })
  })

  test("HAVE alone is a claim too", async () => {
    const { record } = await claimedBy(frames.have(3))
    expect(record).toMatchObject({ claimSent: true, pieces: new Uint8Array([0b0001_0000]), haveCount: 1 })
    expect(record.haveEvents.map(({ count }) => count)).toEqual([0, 1])
  })

  test.each([
    ["a bitfield of the wrong length", frames.bitfield(Buffer.alloc(2)), "bitfield of 2 bytes"],
    ["spare bits", frames.bitfield(Buffer.from([0xff])), "spare bits set in bitfield"],
    ["a HAVE out of range", frames.have(6), "have of piece 6"],
    ["an endless message", frames.u32(0x7fff_ffff), "message of 2147483647 bytes"],
    ["a bencode bomb", frames.extensionHandshake("l-3:"), "extension handshake: bad-byte at 1"],
  ])("%s ends the session as a protocol error", async (_, bytes, detail) => {
    const session = await visit((visitor) => hello(visitor, bytes))
    expect(await session.ended).toEqual(failure("protocol-error", detail))
    expect(await session.handshaken).toMatchObject({ ok: true })
    expect(await session.claimed).toBe(false)
  })

  test("endless keep-alives end it", async () => {
    const session = await visit((visitor) => {
      hello(visitor)
      const many = Buffer.concat(Array.from({ length: 10_000 }, () => frames.keepAlive))
      const more = () => {
        while (!visitor.socket.destroyed && visitor.socket.write(many));
      }
      visitor.socket.on("drain", more)
      more()
    })
    expect(await session.ended).toEqual(failure("protocol-error", "flood of messages"))
  })
})

describe("unchoke", () => {
  test("is awaited", async () => {
    const session = await visit(async (visitor) => {
      await visitor.greet()
      visitor.send(frames.haveAll)
      await visitor.received(2)
      visitor.send(frames.unchoke)
    })
    await session.claimed
    expect(session.record).toMatchObject({ choked: true, unchokeMs: null })
    session.showInterest()
    expect(await session.untilUnchoked(20_000, never)).toBe(true)
    expect(await session.untilUnchoked(0, never)).toBe(true)
    expect(session.record.choked).toBe(false)
    expect(session.record.unchokeMs).toBeGreaterThan(0)
  })

  test("that doesn't come in time, or is no longer awaited", async () => {
    const session = await visit((visitor) => hello(visitor, frames.haveAll))
    expect(await session.untilUnchoked(30, never)).toBe(false)
    const stop = new AbortController()
    const waiting = session.untilUnchoked(20_000, stop.signal)
    stop.abort()
    expect(await waiting).toBe(false)
  })

  test("of a peer that leaves", async () => {
    const session = await visit(async (visitor) => {
      await visitor.greet()
      await visitor.received(2)
      visitor.socket.end()
    })
    session.showInterest()
    expect(await session.untilUnchoked(20_000, never)).toBe(false)
    expect(await session.untilUnchoked(20_000, never)).toBe(false)
  })

  test("is awaited anew after a choke", async () => {
    const choked = Promise.withResolvers<Visitor>()
    const session = await visit((visitor) => {
      hello(visitor, frames.haveAll, frames.unchoke, frames.choke)
      choked.resolve(visitor)
    })
    await session.claimed
    expect(await session.untilUnchoked(30, never)).toBe(false)
    ;(await choked.promise).send(frames.unchoke)
    expect(await session.untilUnchoked(20_000, never)).toBe(true)
  })
})

describe("lt_donthave (BEP 54)", () => {
  const dontHave = (piece: number) => frames.extensionMessage(7, frames.u32(piece))
  const said = (...bytes: Uint8Array[]) =>
    visit(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      visitor.send(frames.extensionHandshake("d1:md11:lt_donthavei9eee"), frames.haveAll, ...bytes)
    })

  test("takes a claim back, and a HAVE gives it again", async () => {
    const session = await said(dontHave(1), dontHave(1), dontHave(4), frames.have(4), frames.unchoke)
    expect(await session.untilUnchoked(20_000, never)).toBe(true)
    expect(session.record).toMatchObject({ haveCount: 5, withdrawnClaims: 2, end: null })
    expect(session.record.pieces).toEqual(new Uint8Array([0b1011_1100]))
    expect(session.record.haveEvents.at(0)?.count).toBe(6)
    expect(session.record.haveEvents.at(-1)?.count).toBe(5)
  })

  test("calls off what was asked for", async () => {
    const session = await visit(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      visitor.send(frames.extensionHandshake("d1:mdee"), frames.haveAll, frames.unchoke)
      visitor.onRequest(({ piece, offset, length }) => {
        if (offset === 0) visitor.send(dontHave(piece))
        visitor.send(frames.reject(piece, offset, length))
      })
    })
    await session.untilUnchoked(20_000, never)
    expect(await session.fetch(2, never)).toMatchObject({ verified: null, failure: { code: "aborted" } })
    expect(session.record).toMatchObject({ haveCount: 5, rejects: 0, end: null })
  })

  test.each([
    ["a piece that isn't there", dontHave(6)],
    ["half an index", frames.extensionMessage(7, Buffer.alloc(2))],
    ["more than an index", frames.extensionMessage(7, Buffer.alloc(8))],
  ])("of %s ends the session", async (_, bytes) => {
    const session = await said(bytes)
    expect((await session.ended).code).toBe("protocol-error")
    expect(session.record.haveCount).toBe(6)
  })
})

test("a peer that first wanted more and then only uploads is recorded as such (BEP 21)", async () => {
  const handshakes = (...said: string[]) =>
    visit(async (visitor) => {
      await visitor.greet(frames.fullReserved)
      visitor.send(...said.map((each) => frames.extensionHandshake(each)), frames.haveAll, frames.unchoke)
    })
  const changed = await handshakes("d11:upload_onlyi0ee", "d11:upload_onlyi1ee", "d1:mdee")
  await changed.untilUnchoked(20_000, never)
  expect(changed.record.extensions).toMatchObject({ uploadOnly: true, uploadOnlyChanged: true })
  const constant = await handshakes("d1:mdee", "d11:upload_onlyi1ee", "d11:upload_onlyi1ee")
  await constant.untilUnchoked(20_000, never)
  expect(constant.record.extensions?.uploadOnly).toBe(true)
  expect(constant.record.extensions?.uploadOnlyChanged).toBeUndefined()
})
