/** `torrent-audit dht …` against a node that lies. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, describe, expect, it } from "vitest"
import type { DhtAnswer } from "../../src/evidence/dht-command.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { immutableTarget, mutableTarget, signItem } from "../../src/torrent/dht-item.ts"
import { keyFromSeed } from "../../src/torrent/ed25519.ts"
import { startScriptedNode, type ScriptedNode } from "../support/dht-nodes.ts"
import { runDht } from "../support/run-dht.ts"

const key = keyFromSeed(new Uint8Array(32).fill(9))
const none = new Uint8Array()
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex")
const publicKey = hex(key.publicKey)
const token = "t"
const value = (text: string) => encode(text)

const folder = mkdtempSync(join(tmpdir(), "torrent-audit-dht-"))
const keyFile = join(folder, "key")
writeFileSync(keyFile, "09".repeat(32))
afterAll(() => rmSync(folder, { recursive: true }))

const open: ScriptedNode[] = []
async function node(...answer: Parameters<typeof startScriptedNode>): Promise<ScriptedNode> {
  const started = await startScriptedNode(...answer)
  open.push(started)
  return started
}
afterEach(() => open.splice(0).forEach((each) => each.stop()))

const run = (words: readonly string[], ...nodes: ScriptedNode[]) =>
  runDht([...words, "-4", "--allow-local", ...nodes.flatMap(({ address }) => ["--dht-bootstrap", address])])

async function answerOf(words: readonly string[], ...nodes: ScriptedNode[]): Promise<DhtAnswer> {
  return JSON.parse((await run([...words, "--json"], ...nodes)).out) as DhtAnswer
}

/** What a node sends that holds this item, signed with the key. */
const signedReply = (seq: bigint, text: string, salt = none) => ({
  r: { token, k: key.publicKey, seq: Number(seq), sig: signItem(key, salt, seq, value(text)), v: text },
})

describe("items", () => {
  it("the newest valid one wins; a forged newer one does not", async () => {
    const old = await node(() => signedReply(3n, "old"))
    const good = await node(() => signedReply(7n, "good"))
    const forged = await node(() => ({ r: { ...signedReply(7n, "forged").r, seq: 9 } }))
    const ran = await run(["get", publicKey], old, good, forged)
    expect([ran.status, ran.out]).toEqual([0, "good"])
    const answer = await answerOf(["get", publicKey], old, good, forged)
    const said = new Map(answer.nodes.map(({ address, item }) => [address, item]))
    expect([old, good, forged].map(({ address }) => said.get(address))).toEqual([
      "older",
      "good",
      "bad-signature",
    ])
  })

  it("a value that is not the target's is none", async () => {
    const liar = await node(() => ({ r: { token, v: "something else" } }))
    const ran = await run(["get", hex(immutableTarget(value("wanted")))], liar)
    expect([ran.status, ran.out]).toEqual([3, ""])
    expect(ran.err).toContain("wrong hash")
  })

  it("a sequence number is exact to the last of its bits, in JSON too", async () => {
    const seq = 9_007_199_254_740_993n
    const sig = signItem(key, none, seq, value("x"))
    const raw = Buffer.concat([
      Buffer.from("d2:id20:"),
      new Uint8Array(20),
      Buffer.from("1:k32:"),
      key.publicKey,
      Buffer.from(`3:seqi${seq}e3:sig64:`),
      sig,
      Buffer.from("1:v1:xe"),
    ])
    const holder = await node(() => ({ raw }))
    expect((await run(["get", publicKey, "--json"], holder)).out).toContain(`"seq": ${seq},`)
    expect((await run(["get", publicKey, "-v"], holder)).err).toContain(`sequence   ${seq}\n`)
  })

  it("is never sent to be replaced where the number can't be written", async () => {
    const seq = BigInt(Number.MAX_SAFE_INTEGER)
    const holder = await node(() => signedReply(seq, "last"))
    const ran = await run(["put", "next", "--key", keyFile, "--yes"], holder)
    expect(ran.refusal).toMatchObject({ code: "bad-value" })
    expect(holder.asked.get("put")).toBeUndefined()
  })

  it("put carries cas only to nodes that hold the item", async () => {
    const args: [string, boolean][] = []
    const keeping = (name: string, reply: ReturnType<typeof signedReply> | { r: { token: string } }) =>
      node((method, given) => {
        if (method !== "put") return reply
        args.push([name, given.has("cas")])
        return { r: {} }
      })
    const holder = await keeping("holder", signedReply(1n, "one"))
    const empty = await keeping("empty", { r: { token } })
    const ran = await run(["put", "two", "--key", keyFile, "--cas", "1", "--yes"], holder, empty)
    expect(ran.status).toBe(0)
    expect(new Map(args)).toEqual(
      new Map([
        ["holder", true],
        ["empty", false],
      ]),
    )
  })
})

describe("what a node writes", () => {
  it("never reaches the screen as it is", async () => {
    const nasty = "\u001b]0;title\u0007\u001b[2J\nline two\u202e\r\n"
    const holder = await node(() => ({ r: { token, v: nasty } }))
    const shown = await runDht(
      ["get", hex(immutableTarget(value(nasty))), "-4", "--allow-local", "--dht-bootstrap", holder.address],
      { stdoutIsTty: true },
    )
    expect(shown.status).toBe(0)
    expect(shown.out).not.toMatch(/[^\n\P{C}]/u)
    expect(shown.out).toContain("VALUE")
    expect((await run(["get", hex(immutableTarget(value(nasty)))], holder)).out).toBe(nasty)
  })

  it("errors are shown by number, in our words", async () => {
    const full = await node((method) =>
      method === "put" ? { e: [205, "\u001b[2Jgo away"] } : { r: { token } },
    )
    const ran = await run(["put", "hello", "--yes"], full)
    expect(ran.status).toBe(3)
    expect(ran.out).toContain("✗ not stored: 1 node declined: 205 value too big\n")
    expect(ran.out).not.toContain("go away")
  })

  it("a flood of peers is counted, and cut loudly", async () => {
    const peer = (n: number) => Uint8Array.of(9, n >> 16, n >> 8, n, 0x1a, 0xe1)
    // In one string, as old nodes do: more fit into a datagram.
    const all = Buffer.concat(Array.from({ length: 1_100 }, (_, n) => peer(n)))
    const flooding = await node(() => ({ r: { token, values: [all] } }))
    const { swarms, nodes } = await answerOf(["get-peers", "ab".repeat(20)], flooding)
    expect([swarms?.[0]?.peers.length, nodes[0]?.peerCount]).toEqual([1_000, 1_000])
    expect(swarms?.[0]?.peersDropped).toBeGreaterThanOrEqual(100)
  })

  it("nodes that it names where no node can be are not asked", async () => {
    const linkLocal = Buffer.concat([new Uint8Array(20).fill(2), Uint8Array.of(169, 254, 0, 1, 26, 225)])
    const unspecified = Buffer.concat([new Uint8Array(20).fill(1), Uint8Array.of(0, 0, 0, 0, 26, 225)])
    const naming = await node(() => ({ r: { token, nodes: Buffer.concat([linkLocal, unspecified]) } }))
    const { nodes } = await answerOf(["get-peers", "ab".repeat(20)], naming)
    expect(nodes.map(({ address }) => address)).toEqual([naming.address])
  })

  it("samples are counted as sent", async () => {
    const samples = Buffer.concat([new Uint8Array(20).fill(1), new Uint8Array(20).fill(2)])
    const holder = await node(() => ({ r: { samples, num: 3_000, interval: 21_600 } }))
    const ran = await run(["sample", "ab".repeat(20)], holder)
    expect(ran.status).toBe(0)
    expect(ran.out).toContain("✓ found: 2 info hashes\n")
    expect(ran.out).toContain("2 of 3000, each 6h00m")
  })

  it("a target by key and salt is the one that is asked for", async () => {
    const targets = new Set<string>()
    const seen = await node((method, args) => {
      const target = args.get("target")
      if (method === "get" && target instanceof Uint8Array) targets.add(hex(target))
      return { r: { token } }
    })
    await run(["get", publicKey, "--salt", "0x01ff"], seen)
    expect(targets).toEqual(new Set([hex(mutableTarget(key.publicKey, Uint8Array.of(1, 255)))]))
  })
})

it("a node that is silent is said to be, not that we stopped", async () => {
  const silent = await node(() => null)
  const { answer, bootstrap, nodes, error } = await answerOf(["get-peers", "ab".repeat(20)], silent)
  expect([answer, error]).toEqual(["no-answer", null])
  const failure = { code: "timeout", detail: "no answer by the end" }
  expect(bootstrap).toEqual([{ name: silent.address, origin: "user", ok: false, failure }])
  expect(nodes).toMatchObject([{ address: silent.address, id: null, ms: null, failure }])
})
