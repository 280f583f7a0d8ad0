/** `torrent-audit dht …` against bittorrent-dht's nodes: what one run stores, another finds. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { dhtAnswer, type DhtAnswer } from "../../src/evidence/dht-command.ts"
import { encode } from "../../src/torrent/bencode.ts"
import { keyFromSeed } from "../../src/torrent/ed25519.ts"
import { startDhtNodes, type DhtNodes } from "../support/dht-nodes.ts"
import { runCli, type RunOptions } from "../support/run-cli.ts"
import { runDht } from "../support/run-dht.ts"

const infoHash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
/** Kademlia's k: so many nodes are asked to store. */
const keepers = 8

let dht: DhtNodes
let folder: string
const path = (name: string) => join(folder, name)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-dht-"))
  dht = await startDhtNodes(12)
})
afterAll(async () => {
  await dht.stop()
  rmSync(folder, { recursive: true })
})

const admitted = () => ["-4", "--allow-local", "--dht-bootstrap", dht.entrance]

const run = (words: readonly string[]) => runDht([...words, ...admitted()])

/** In a process of its own. */
const runApart = (words: readonly string[], options: RunOptions = {}) =>
  runCli(["dht", ...words, ...admitted()], { cwd: folder, ...options })

/** One document that holds what its schema says. */
async function answerOf(...words: string[]): Promise<{ status: number | null; answer: DhtAnswer }> {
  const { out, status } = await run([...words, "--json"])
  const document = JSON.parse(out) as DhtAnswer
  const exact = (value: unknown) => (typeof value === "number" ? BigInt(value) : value)
  const { cas, item, nodes } = document
  const answer = dhtAnswer.strict().parse({
    ...document,
    cas: exact(cas),
    item: item && { ...item, seq: exact(item.seq) },
    nodes: nodes.map((node) => ({ ...node, seq: exact(node.seq) })),
  })
  return { status, answer }
}

const stored = ({ nodes }: DhtAnswer) => nodes.filter((node) => node.stored === true).length
const errors = ({ nodes }: DhtAnswer) =>
  new Set(nodes.flatMap((node) => (node.stored === false ? (node.failure?.detail ?? []) : [])))

describe("peers", () => {
  it("ping says who answers", async () => {
    const { status, answer } = await answerOf("ping", dht.entrance)
    const [node] = dht.nodes
    expect(answer).toMatchObject({ command: "dht ping", answer: "found", target: null })
    expect(answer.nodes).toMatchObject([
      {
        address: dht.entrance,
        id: Buffer.from(node?.nodeId ?? []).toString("hex"),
        idFits: null,
        failure: null,
      },
    ])
    expect(status).toBe(0)
  })

  it("announce, then get-peers", async () => {
    const before = await answerOf("get-peers", infoHash)
    expect([before.status, before.answer.answer]).toEqual([3, "not-found"])
    const announced = await answerOf("announce", infoHash, "--port", "7777", "--yes")
    expect([announced.status, announced.answer.answer, stored(announced.answer)]).toEqual([
      0,
      "stored",
      keepers,
    ])
    const found = await answerOf("get-peers", `magnet:?xt=urn:btih:${infoHash}`)
    expect(found.status).toBe(0)
    expect(found.answer.swarms).toMatchObject([
      { infoHash, peers: [{ address: "127.0.0.1:7777", nodes: keepers }] },
    ])
    expect(found.answer.bootstrap).toEqual([{ name: dht.entrance, origin: "user", ok: true, failure: null }])
    const text = await run(["get-peers", infoHash])
    expect(text.out).toContain("✓ found: 1 peer\n")
    expect(text.out).toContain("127.0.0.1:7777 ×8")
  })

  it("announce sends nothing without --yes", async () => {
    const other = "0f86d081884c7d659a2feaa0c55ad015a3bf4f1b"
    const refused = await run(["announce", other, "--port", "7777"])
    expect(refused.refusal).toMatchObject({ code: "needs-yes", hint: "Add --yes to send it." })
    expect(refused.refusal?.message).toContain(`port 7777 of this machine has ${other}`)
    expect((await answerOf("get-peers", other)).answer.answer).toBe("not-found")
  })

  it("scrape and sample say that nodes don't know the question", async () => {
    const scraped = await answerOf("scrape", infoHash, "0".repeat(40))
    expect([scraped.status, scraped.answer.answer]).toEqual([3, "not-found"])
    expect(scraped.answer.swarms).toMatchObject([
      { infoHash, seeders: null, leechers: null },
      { infoHash: "0".repeat(40) },
    ])
    const sampled = await answerOf("sample", infoHash)
    expect([sampled.status, sampled.answer.answer, sampled.answer.samples]).toEqual([3, "not-found", []])
  })
})

describe("immutable items", () => {
  it("text: under BEP 44's own hash, and its bytes in a pipe", async () => {
    const put = await answerOf("put", "Hello World!", "--yes")
    expect([put.status, put.answer.target, stored(put.answer)]).toEqual([
      0,
      "e5f96f6f38320f0f33959cb4d3d656452117aadb",
      keepers,
    ])
    const got = await runApart(["get", "e5f96f6f38320f0f33959cb4d3d656452117aadb"])
    expect(got).toEqual({ status: 0, out: "Hello World!", err: "" })
  })

  it("any bytes of a file, through standard input and --out", async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const put = await runApart(["put", "-", "--yes", "--json"], { stdin: bytes })
    const { target } = JSON.parse(put.out) as DhtAnswer
    const saved = await run(["get", target ?? "", "-o", path("out.bin")])
    expect(saved.status).toBe(0)
    expect(new Uint8Array(readFileSync(path("out.bin")))).toEqual(bytes)
    expect(saved.out).toContain("VALUE  256 bytes, binary")
    expect((await run(["get", target ?? ""])).bytes).toEqual(bytes)
  })

  it("another kind of value, as it is", async () => {
    const value = encode({ a: [1, 2], b: "text" })
    writeFileSync(path("value"), value)
    const put = await answerOf("put", `@${path("value")}`, "--bencoded", "--yes")
    const got = await answerOf("get", put.answer.target ?? "")
    expect(got.answer.item).toEqual({
      kind: "dictionary",
      value: Buffer.from(value).toString("base64"),
      content: null,
      seq: null,
      publicKey: null,
      signature: null,
    })
  })

  it("nobody has it: 3, and nothing in the pipe", async () => {
    const got = await run(["get", "1".repeat(40)])
    expect([got.status, got.out]).toEqual([3, ""])
    expect(got.err).toContain("? not found: no node has it")
  })

  it("put sends nothing without --yes", async () => {
    const refused = await run(["put", "secret plans"])
    expect(refused.refusal).toMatchObject({ code: "needs-yes", hint: "Add --yes to send it." })
    expect(refused.refusal?.message).toContain("this would store 15 bytes (bencoded)")
  })
})

describe("mutable items", () => {
  const key = keyFromSeed(new Uint8Array(32).fill(3))
  const publicKey = Buffer.from(key.publicKey).toString("hex")
  beforeAll(() => writeFileSync(path("key.pem"), key.toPem(), { mode: 0o600 }))

  it.each([[[]], [["--salt", "one of many"]], [["--salt", "0x00ff"]]])("with %j", async (salt) => {
    const first = await answerOf("put", "one", "--key", path("key.pem"), ...salt, "--yes")
    expect([first.status, stored(first.answer), first.answer.item?.seq]).toEqual([0, keepers, 1n])
    const second = await answerOf("put", "two", "--key", path("key.pem"), ...salt, "--yes")
    expect([stored(second.answer), second.answer.item?.seq]).toEqual([keepers, 2n])
    expect(await run(["get", publicKey, ...salt])).toMatchObject({ status: 0, out: "two", err: "" })
    const byTarget = await answerOf("get", second.answer.target ?? "", ...salt)
    expect(byTarget.answer.item).toMatchObject({
      publicKey,
      seq: 2n,
      content: Buffer.from("two").toString("base64"),
    })
    expect(byTarget.answer.nodes.filter(({ item, seq }) => item === "good" && seq === 2n)).toHaveLength(
      keepers,
    )
  })

  it("is not found under another salt", async () => {
    expect((await answerOf("get", publicKey, "--salt", "none such")).answer.answer).toBe("not-found")
  })

  it("--cas and --seq: what is refused, and why", async () => {
    const put = (...more: string[]) =>
      answerOf(
        "put",
        `swap ${more.join(" ")}`,
        "--key",
        path("key.pem"),
        "--salt",
        "swapped",
        "--yes",
        ...more,
      )
    expect(stored((await put("--seq", "5")).answer)).toBe(keepers)
    const mismatch = await put("--cas", "4")
    expect([mismatch.status, mismatch.answer.answer, stored(mismatch.answer)]).toEqual([3, "refused", 0])
    expect(errors(mismatch.answer)).toEqual(new Set(["301 compare-and-swap mismatch"]))
    expect(errors((await put("--seq", "5")).answer)).toEqual(new Set(["302 sequence number too low"]))
    const match = await put("--cas", "5")
    expect([match.status, stored(match.answer), match.answer.item?.seq]).toEqual([0, keepers, 6n])
  })

  it("a key is made only when asked for, for its owner alone, and never over another", async () => {
    const put = (...more: string[]) => run(["put", "x", "--key", path("new.pem"), ...more])
    const missing = await put("--yes")
    expect(missing.refusal).toMatchObject({ code: "no-file", hint: "Add --new-key to make one there." })
    const unsure = await put("--new-key")
    expect(unsure.refusal).toMatchObject({ code: "needs-yes" })
    expect(unsure.refusal?.message).toContain("signed by a new key in ")
    expect(() => statSync(path("new.pem"))).toThrow("ENOENT")
    const made = await put("--new-key", "--yes")
    expect([made.status, made.err]).toEqual([0, expect.stringContaining("New key in ")])
    expect(statSync(path("new.pem")).mode & 0o777).toBe(0o600)
    const before = readFileSync(path("new.pem"), "utf8")
    const again = await put("--new-key", "--yes")
    expect([again.status, again.err, readFileSync(path("new.pem"), "utf8")]).toEqual([0, "", before])
  })
})

describe("what is refused before anything is sent", () => {
  const torrent = (isPrivate: boolean) =>
    encode({
      info: {
        length: 5,
        name: "x",
        "piece length": 16_384,
        pieces: new Uint8Array(20),
        ...(isPrivate ? { private: 1 } : {}),
      },
    })
  beforeAll(() => {
    writeFileSync(path("private.torrent"), torrent(true))
    writeFileSync(path("open.torrent"), torrent(false))
    writeFileSync(path("large"), new Uint8Array(997))
    writeFileSync(path("odd"), "d1:bi1e1:ai1ee")
    writeFileSync(path("not-a-key"), "hello")
  })

  it.each<[string[], string, string]>([
    [[], "usage", "dht takes a command"],
    [["get-pears", infoHash], "usage", "unknown command dht get-pears"],
    [["ping", "nonsense"], "usage", "dht ping takes one host and port"],
    [["ping", "169.254.1.1:6881"], "bad-value", "169.254.1.1 is no address that a node can have"],
    [["get-peers"], "usage", "dht get-peers takes one torrent"],
    [["get-peers", infoHash.slice(1)], "bad-hash", "info-hash has 39 hex digits"],
    [["get-peers", "@private.torrent"], "private-torrent", "is a private torrent"],
    [["scrape", infoHash, "@private.torrent"], "private-torrent", "is a private torrent"],
    [["announce", "@private.torrent", "--port", "7777", "--yes"], "private-torrent", "is a private torrent"],
    [
      [
        "get-peers",
        `magnet:?xt=urn:btih:${infoHash}&tr=https://t.example/${"0123456789abcdef".repeat(2)}/announce`,
      ],
      "private-magnet",
      "holds a passkey",
    ],
    [["announce", infoHash, "--yes"], "usage", "dht announce needs --port"],
    [["sample", "12"], "usage", "at most one target of 40 hex digits"],
    [["get", "12"], "bad-hash", "target is neither 40 nor 64 hex digits"],
    [["get", infoHash, "--salt", "x".repeat(65)], "bad-value", "--salt has 65 bytes"],
    [["put", "--yes"], "usage", "dht put takes one value"],
    [["put", "a", "b", "--yes"], "usage", "dht put takes one value"],
    [["put", "@large", "--yes"], "too-large", "the value has 1001 bytes in bencode"],
    [["put", "@odd", "--bencoded", "--yes"], "not-bencode", "not in its canonical form"],
    [["put", "@not-a-key", "--bencoded", "--yes"], "not-bencode", "the value is not bencode"],
    [["put", "x", "--salt", "y", "--yes"], "usage", "--salt, --seq and --cas are for items that can change"],
    [["put", "x", "--key", "@not-a-key", "--yes"], "bad-key", "is not an Ed25519 private key"],
    [["put", "x", "--seq", "-1", "--yes"], "bad-value", "--seq -1: not a whole number that I can write"],
    [["put", "x", "--seq", "9007199254740992", "--yes"], "bad-value", "not a whole number that I can write"],
    [["ping", "127.0.0.1:1", "-o", "x"], "usage", "dht ping saves nothing"],
  ])("%j", async (words, code, message) => {
    // A value is read from @FILE; a torrent or a key is named without it.
    const isFile = (word: string, at: number) =>
      word.startsWith("@") && (words[0] !== "put" || words[at - 1] === "--key")
    const placed = words.map((word, at) =>
      isFile(word, at) ? path(word.slice(1)) : word.startsWith("@") ? `@${path(word.slice(1))}` : word,
    )
    const ran = await run([...placed, "--json"])
    expect(ran.refusal).toMatchObject({ code })
    expect(ran.refusal?.message).toContain(message)
    expect(JSON.parse(ran.out)).toMatchObject({ tool: { name: "torrent-audit" }, error: { code } })
  })

  it("a torrent that is open may be asked for", async () => {
    expect((await run(["get-peers", path("open.torrent")])).status).toBe(3)
  })

  it("local addresses without --allow-local, and nobody to ask with it", async () => {
    expect((await runDht(["ping", dht.entrance])).refusal).toMatchObject({
      code: "bad-value",
      hint: "Add --allow-local.",
    })
    expect((await runDht(["get-peers", infoHash, "--allow-local"])).refusal).toMatchObject({
      code: "no-sources",
    })
  })

  it("without a socket it is said why nobody was asked", async () => {
    const { answer, status } = await answerOf("get-peers", infoHash, "--bind", "::1", "-4")
    expect([status, answer.answer, answer.families]).toEqual([3, "no-answer", []])
    expect(answer.bootstrap).toMatchObject([
      { name: dht.entrance, ok: false, failure: { code: expect.any(String) } },
    ])
    expect(answer.bootstrap[0]?.failure?.detail).not.toBe("no answer by the end")
    const ping = await answerOf("ping", dht.entrance, "--bind", "::1", "-4")
    expect(ping.answer.nodes).toMatchObject([{ address: dht.entrance, failure: { code: "unreachable" } }])
  })

  it("--bind with an address that is not ours", async () => {
    expect((await runDht(["get-peers", infoHash, "--bind", "192.0.2.1"])).refusal).toMatchObject({
      code: "bad-value",
      message: "--bind 192.0.2.1: not an address of this machine",
    })
  })

  it("a host whose name is too long for a document", async () => {
    const { answer } = await answerOf("ping", `${"a".repeat(120)}.invalid:1`)
    expect(answer.nodes).toMatchObject([{ ms: null, failure: { code: "dns" } }])
  })

  it("exit codes of the command line", async () => {
    const ran = await runApart(["put", "x"])
    expect([ran.status, ran.out]).toEqual([64, ""])
    expect(ran.err).toMatch(
      /^error\[needs-yes\]: this would store 3 bytes .*\n {2}hint: Add --yes to send it\.\n$/,
    )
    expect((await runApart(["get-peers", "private.torrent"])).status).toBe(65)
  })

  it("a private torrent whose file is named like an info hash", async () => {
    const name = "a".repeat(40)
    writeFileSync(path(name), torrent(true))
    const ran = await runApart(["announce", name, "--port", "7777", "--yes"])
    expect([ran.status, ran.out]).toEqual([65, ""])
    expect(ran.err).toContain("error[private-torrent]")
  })
})
