/** `--reference DIR` on a real loopback swarm, as a user meets it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { terminalOf } from "../../src/commands/context.ts"
import { withReference } from "../../src/commands/reference.ts"
import { snapshot as schema } from "../../src/report.ts"
import { parseInfoHash } from "../../src/torrent/magnet.ts"
import { parseMetainfo } from "../../src/torrent/metainfo.ts"
import { castOf, seeder } from "../support/audit.ts"
import { runCli } from "../support/run-cli.ts"
import { smallPayload, swarmFor } from "../support/swarm.ts"

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "torrent-audit-reference-"))
})
afterEach(() => rmSync(folder, { recursive: true }))

const run = (line: string) =>
  runCli(`${line} -T lab --allow-local --timeout 40s --max-download 64MiB --json --redact none`.split(" "))
const parse = (text: string) => schema.strict().parse(JSON.parse(text))

async function torrentOf(...cast: Parameters<typeof castOf>): Promise<string> {
  const swarm = await swarmFor(castOf(...cast))
  const file = join(folder, "x.torrent")
  writeFileSync(file, swarm.torrentBytes)
  return file
}

/** The small payload's two files; `spoil` is a byte of the whole that is turned. */
function copyIn(name: string, spoil: number | null = null): string {
  const whole = Buffer.concat(
    Array.from({ length: smallPayload.pieceCount }, (_, piece) =>
      smallPayload.read(piece, 0, smallPayload.pieceLength(piece)),
    ),
  )
  if (spoil !== null) whole[spoil]! ^= 1
  const where = join(folder, name)
  mkdirSync(where)
  writeFileSync(join(where, "a.bin"), whole.subarray(0, 700_000))
  writeFileSync(join(where, "b.bin"), whole.subarray(700_000))
  return where
}

describe("--reference", () => {
  it("is checked, recorded, and costs the peers blocks instead of pieces", async () => {
    const torrent = await torrentOf(seeder("one"), seeder("two"))
    const { status, out, err } = await run(`${torrent} --reference ${copyIn("copy")}`)
    expect([status, err]).toEqual([0, ""])
    const snapshot = parse(out)
    expect(snapshot.run?.reference).toEqual({ right: 20, wrong: 0, missing: 0 })
    const samples = snapshot.peers.flatMap((peer) => peer.samples)
    const compared = samples.filter(({ proof }) => proof === "reference")
    expect(compared.length).toBeGreaterThanOrEqual(2)
    expect(compared.every(({ verified, bytes }) => verified && bytes <= 16_384)).toBe(true)
    expect(samples.some(({ verified }) => verified === false)).toBe(false)
  })

  it("that is wrong itself accuses nobody", async () => {
    const torrent = await torrentOf(seeder("one"))
    const snapshot = parse((await run(`${torrent} --reference ${copyIn("copy", 100_000)}`)).out)
    expect(snapshot.run?.reference).toEqual({ right: 19, wrong: 1, missing: 0 })
    expect(snapshot.peers[0]?.samples.some(({ verified }) => verified === false)).toBe(false)
  })

  it.each([
    ["nowhere", "no such directory: DIR/nowhere"],
    ["other", "DIR/other holds none of the torrent's 2 files"],
  ])("that is %s is refused before anything is sent", async (name, message) => {
    mkdirSync(join(folder, "other"))
    const torrent = join(folder, "x.torrent")
    writeFileSync(torrent, smallPayload.torrentBytes(["http://127.0.0.1:1/announce"]))
    const { status, out } = await run(`${torrent} --reference ${join(folder, name)}`)
    expect(status).toBe(65)
    const { error } = JSON.parse(out)
    expect([error.code, error.message.replace(folder, "DIR")]).toEqual(["bad-reference", message])
  })

  it("is left alone where no block is asked for", async () => {
    const torrent = await torrentOf(seeder("one"))
    const { out } = await run(`${torrent} --reference ${copyIn("copy")} --depth handshake`)
    expect(parse(out).run?.reference).toBeNull()
  })

  it("of a magnet link is refused early where there is no such folder", async () => {
    const { status, out } = await run(
      `${"ab".repeat(20)} --tracker http://127.0.0.1:1/a --reference ${join(folder, "nowhere")}`,
    )
    expect(status).toBe(65)
    expect(JSON.parse(out).error.code).toBe("bad-reference")
  })
})

describe("withReference", () => {
  const metainfo = parseMetainfo(smallPayload.torrentBytes([]))
  const contextOf = (where: string, stderrIsTty: boolean) => {
    const written: string[] = []
    const terminal = { ...terminalOf({}, {}), stderrIsTty, err: (text: string) => void written.push(text) }
    return { written, flags: { reference: [where] }, terminal, stop: new AbortController().signal }
  }

  it("shows on a terminal how far it read, and clears the line", async () => {
    const context = contextOf(copyIn("copy"), true)
    const right = await withReference({ metainfo }, "sample", context, async ({ openReference }) => {
      const copy = await openReference!(metainfo)
      expect(await copy.block(0, 0, 1)).not.toBeNull()
      return copy
    })
    expect(await right.block(0, 0, 1)).toBeNull() // closed by now
    expect(context.written[0]).toBe("\rReading your copy: 5%")
    expect(context.written.at(-2)).toBe("\rReading your copy: 100%")
    expect(context.written.at(-1)).toBe(`\r${" ".repeat(23)}\r`)
  })

  it("of a magnet link holds none of the files: recorded, and nothing is thrown in the middle of a run", async () => {
    const context = contextOf(folder, false)
    const magnet = parseInfoHash("ab".repeat(20))
    const { right, wrong, missing } = await withReference(
      { magnet },
      "sample",
      context,
      ({ openReference }) => openReference!(metainfo),
    )
    expect({ right, wrong, missing }).toEqual({ right: 0, wrong: 0, missing: 20 })
    expect(context.written).toEqual([])
  })
})
