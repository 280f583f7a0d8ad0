import { expect, test } from "vitest"
import { namesByPex, nowhere } from "../../src/demo/pex-liars.ts"
import { placeOf } from "../../src/measure/networks.ts"
import { decode } from "../../src/torrent/bencode.ts"
import { decodeCompactPeers } from "../../src/torrent/compact-peers.ts"
import { peerFor, smallPayload, visit } from "../support/swarm.ts"

test("names those peers, as seeders that were reached, to whoever speaks PEX (BEP 11)", async () => {
  const named = ["10.0.0.1:6881", "10.0.0.2:51413"]
  const { wire } = await visit(await peerFor({ behaviours: [namesByPex(named)] }), { mute: true })
  const told = Promise.withResolvers<Uint8Array>()
  wire.extendedMapping = { 3: "ut_pex" }
  wire.on("extended", (name, payload) => {
    if (name === "ut_pex" && payload instanceof Uint8Array) told.resolve(payload)
  })
  wire.handshake(smallPayload.infoHash, Buffer.alloc(20, "v"), { fast: true })
  const message = decode(await told.promise)
  if (!message.ok || !(message.value instanceof Map)) throw new Error("no dictionary")
  const { peers } = decodeCompactPeers(message.value.get("added") as Uint8Array, "ipv4")
  expect(peers).toEqual(named)
  expect(Buffer.from(message.value.get("added.f") as Uint8Array)).toEqual(Buffer.from([0x12, 0x12]))
})

test("nowhere: distinct hosts to which no connection leads", () => {
  const addresses = nowhere(12)
  expect(new Set(addresses).size).toBe(12)
  for (const address of addresses) expect(placeOf(address).kind).toBe("impossible")
})
