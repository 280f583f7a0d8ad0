/** Every way from an address to a session, with our own receiving side at the other end. */
import { describe, expect, onTestFinished, test } from "vitest"
import type { EncryptionPolicy } from "../../src/evidence.ts"
import { failure } from "../../src/failure.ts"
import type { Connection } from "../../src/network.ts"
import { loopbackNetwork } from "../../src/demo/loopback.ts"
import { dial, openConnection, plain, type Way } from "../../src/wire/dial.ts"
import { doorkeeper } from "../../src/wire/doorkeeper.ts"
import type { Session, Swarm } from "../../src/wire/session.ts"
import { openUtp } from "../../src/wire/utp.ts"
import { never, scriptedPeer } from "./scripted-peer.ts"
import { remoteId, testSwarm } from "./swarm.ts"

const network = loopbackNetwork()

async function utpSocket(onConnection: (connection: Connection) => void = () => {}) {
  const opened = await openUtp({ network, families: ["ipv4"], port: null, onConnection })
  if (!opened.ok) throw new Error(opened.failure.code)
  onTestFinished(() => opened.value.close())
  return opened.value
}

/** Somebody else of the swarm, over TCP and uTP on ports of their own. */
async function receiver(encryption: EncryptionPolicy) {
  const sessions: Session[] = []
  const arrival = Promise.withResolvers<Session>()
  const swarm = testSwarm({ peerId: remoteId, encryption, network })
  const keeper = doorkeeper(swarm, (session) => {
    sessions.push(session)
    arrival.resolve(session)
  })
  const listening = await network.listen(0, (connection) => keeper.admit(connection))
  if (!listening.ok) throw new Error(listening.failure.code)
  const utp = await utpSocket((connection) => keeper.admit(connection))
  onTestFinished(() => {
    listening.value.close()
    keeper.close()
    for (const session of sessions) session.close(failure("idle"))
  })
  const ports = { tcp: listening.value.port, utp: utp.port }
  return { at: ({ transport }: Way) => `127.0.0.1:${ports[transport]}`, arrived: arrival.promise, sessions }
}

async function dialler(over: Partial<Swarm> = {}) {
  const swarm = testSwarm({ network, utp: await utpSocket(), ...over })
  return async (endpoint: string, way: Way) => {
    const dialled = await dial(swarm, endpoint, way, never)
    if (dialled.ok) onTestFinished(() => dialled.value.close(failure("idle")))
    return dialled
  }
}

const way = (transport: Way["transport"], encrypted: boolean): Way => ({ transport, encrypted })

describe.each<[string, Way]>([
  ["TCP", plain],
  ["TCP, encrypted", way("tcp", true)],
  ["uTP", way("utp", false)],
  ["uTP, encrypted", way("utp", true)],
])("over %s", (_, by) => {
  test("both sides shake hands, and say the same of how", async () => {
    const { at, arrived } = await receiver("prefer")
    const dialled = await (await dialler())(at(by), by)
    if (!dialled.ok) throw new Error(dialled.failure.code)
    const { record, handshaken } = dialled.value
    expect(await handshaken).toMatchObject({ ok: true })
    const { record: theirs } = await arrived
    // The receiver takes the cheaper method of the two that we offer.
    const agreed = { transport: by.transport, encryption: by.encrypted ? "mse-plaintext" : "none" }
    expect(record).toMatchObject(agreed)
    expect(theirs).toMatchObject({ ...agreed, connectMs: null })
    expect(record.connectMs).toBeLessThanOrEqual(record.handshakeMs ?? 0)
    // At least two public keys of 96 bytes, before the 68 bytes of a handshake each.
    const least = by.encrypted ? 96 + 68 : 68
    expect(record.bytes.read).toBeGreaterThanOrEqual(least)
    expect(record.bytes.written).toBeGreaterThanOrEqual(least)
    expect(theirs.bytes.read).toBeGreaterThanOrEqual(least)
  })
})

test("who insists on encryption gets RC4, and sends plaintext away", async () => {
  const { at, sessions } = await receiver("require")
  const by = await dialler()
  const encrypted = await by(at(plain), way("tcp", true))
  if (!encrypted.ok) throw new Error(encrypted.failure.code)
  expect(await encrypted.value.handshaken).toMatchObject({ ok: true })
  expect(encrypted.value.record.encryption).toBe("mse-rc4")
  const refused = await by(at(plain), plain)
  if (!refused.ok) throw new Error(refused.failure.code)
  expect(await refused.value.handshaken).toMatchObject({ ok: false })
  expect(sessions).toHaveLength(1)
})

test("who wants no encryption closes ours", async () => {
  const { at } = await receiver("off")
  const dialled = await (await dialler())(at(plain), way("tcp", true))
  expect(dialled.ok ? "open" : dialled.failure.code).toMatch(/^(closed|reset|encryption)$/)
})

test("a peer that takes the connection and says nothing ends the encryption's handshake in time", async () => {
  const silent = await scriptedPeer(() => {})
  const dialled = await (await dialler({ handshakeMs: 30 }))(silent, way("tcp", true))
  expect(dialled).toMatchObject({ ok: false, failure: { code: "handshake-timeout" } })
})

test("without a UDP socket there is no uTP", async () => {
  const dialled = await (await dialler({ utp: null }))("127.0.0.1:9", way("utp", false))
  expect(dialled).toMatchObject({ ok: false, failure: { code: "unsupported" } })
})

test("nobody answers a SYN: timeout", async () => {
  const dialled = await (await dialler({ connectMs: 50 }))("127.0.0.1:9", way("utp", false))
  expect(dialled).toMatchObject({ ok: false, failure: { code: "timeout" } })
})

test("met meanwhile: closed before a byte, or before the handshake that follows the encryption's", async () => {
  const { at, sessions } = await receiver("prefer")
  for (const free of [[false], [true, false]]) {
    const answers = [...free]
    const by = way("tcp", answers.length > 1)
    const opened = await openConnection(
      testSwarm({ network }),
      at(by),
      by,
      never,
      () => answers.shift() === true,
    )
    expect(opened).toMatchObject({ ok: false, failure: { code: "duplicate" } })
    expect(answers).toEqual([])
  }
  expect(sessions).toEqual([])
})
