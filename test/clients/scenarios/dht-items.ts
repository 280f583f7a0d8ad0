/** BEP 44 both ways: what `dht put` stores, libtorrent and another `dht get` read; what libtorrent stores, `dht get` reads. */
import { createHash, createPrivateKey, createPublicKey } from "node:crypto"
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { runCommand } from "../audit.ts"
import { startDht, type Dht } from "../dht.ts"
import type { Host } from "../netns.ts"
import type { Ended } from "../processes.ts"
import type { Scenario, Stage } from "../scenario.ts"
import { check, equal, type Check } from "../table.ts"

interface Answer {
  answer: string
  target: string
  nodes: { stored: boolean | null }[]
  item: { content: string; seq: number } | null
}

/** BEP 44: stored at the eight nearest. */
const replicas = 8
const seed = createHash("sha256").update("torrent-audit-lab").digest()

/** RFC 8410: a raw seed in PKCS #8, and a raw key at the end of SPKI. */
const publicKey = createPublicKey(
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  }),
)
  .export({ format: "der", type: "spki" })
  .subarray(-32)
  .toString("hex")

const storedAt = ({ nodes }: Answer): number => nodes.filter(({ stored }) => stored === true).length
const contentOf = ({ item }: Answer): string => Buffer.from(item?.content ?? "", "base64").toString("latin1")

export const dhtItems: Scenario = {
  name: "dht-items",
  title: "dht put and dht get understand libtorrent and each other, immutable and mutable items",
  audits: true,
  beside: 6,
  async run(stage) {
    const { lab, auditor: writer } = stage
    const dht = await startDht(lab)
    const reader = await lab.addHost("reader", { isolated: true })
    const keyFile = join(writer.directory, "key.hex")
    writeFileSync(keyFile, seed.toString("hex"), { mode: 0o600 })
    const place: Place = { stage, dht, writer, reader, keyFile }
    const checks = [
      ...(await immutable(place)),
      ...(await mutable(place, "")),
      ...(await mutable(place, "salted")),
    ]
    return { tables: [], checks }
  },
}

interface Place {
  stage: Stage
  dht: Dht
  writer: Host
  reader: Host
  keyFile: string
}

const command = ({ stage, dht }: Place, host: Host, ...words: string[]): Promise<Ended> =>
  runCommand(stage, host, ["dht", ...words, "--allow-local", "-4", "--dht-bootstrap", dht.entrance])

async function ask(place: Place, host: Host, ...words: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await command(place, host, ...words, "--json")
  try {
    return JSON.parse(stdout) as Answer
  } catch (error) {
    throw new Error(`dht ${words.join(" ")}: exit ${code}: ${stderr}`, { cause: error })
  }
}

async function immutable(place: Place): Promise<Check[]> {
  const { dht, writer, reader } = place
  const text = "written by torrent-audit"
  const put = await ask(place, writer, "put", text, "--yes")
  const theirs = "written by libtorrent\n\u0000\u00ff"
  const { target, stored } = await dht.ask<{ target: string; stored: number }>({ do: "put", value: theirs })
  const read = await command(place, reader, "get", target)
  const missing = await ask(place, reader, "get", "00".repeat(20))
  return [
    equal("immutable: stored", [put.answer, storedAt(put)], ["stored", replicas]),
    equal("immutable: libtorrent reads ours", await dht.ask({ do: "get", target: put.target }), {
      value: text,
    }),
    equal(
      "immutable: another of us reads ours",
      contentOf(await ask(place, reader, "get", put.target)),
      text,
    ),
    check("immutable: libtorrent stored its own", stored >= replicas, `at ${stored}`),
    equal(
      "immutable: we read libtorrent's, byte for byte",
      [read.code, read.stdout],
      [0, Buffer.from(theirs, "latin1").toString()],
    ),
    equal("immutable: what nobody has", [missing.answer, missing.item], ["not-found", null]),
  ]
}

async function mutable(place: Place, salt: string): Promise<Check[]> {
  const { dht, writer, reader, keyFile } = place
  const salted = salt === "" ? [] : ["--salt", salt]
  const name = salt === "" ? "mutable" : "mutable, salted"
  const write = (value: string, ...more: string[]) =>
    ask(place, writer, "put", value, "--key", keyFile, ...salted, ...more, "--yes")
  const seen = (least: number) =>
    dht.ask<{ value: string; seq: number }>({ do: "get-mutable", key: publicKey, salt, least })

  const first = await write("first")
  const atFirst = await seen(1)
  const second = await write("second")
  const atSecond = await seen(2)
  const byUs = await ask(place, reader, "get", publicKey, ...salted)
  const theirs = await dht.ask<{ seq: number }>({
    do: "put-mutable",
    seed: seed.toString("hex"),
    key: publicKey,
    salt,
    value: "third",
  })
  const third = await ask(place, reader, "get", publicKey, ...salted)
  const late = await write("late", "--cas", "1")
  return [
    equal(`${name}: stored`, [first.answer, first.item?.seq], ["stored", 1]),
    equal(`${name}: libtorrent reads it`, [atFirst.value, atFirst.seq], ["first", 1]),
    equal(`${name}: replaced`, [second.answer, second.item?.seq], ["stored", 2]),
    equal(`${name}: libtorrent reads the new one`, [atSecond.value, atSecond.seq], ["second", 2]),
    equal(`${name}: another of us reads it`, [contentOf(byUs), byUs.item?.seq], ["second", 2]),
    // Each of its nodes that finds another's newer one goes on from there.
    check(`${name}: libtorrent goes on from ours`, theirs.seq >= 3, `${theirs.seq}`),
    equal(`${name}: we read libtorrent's`, contentOf(third), "third"),
    check(
      `${name}: under its number`,
      (third.item?.seq ?? 0) >= theirs.seq,
      `${third.item?.seq}, ${theirs.seq}`,
    ),
    equal(`${name}: a compare-and-swap that comes late`, [late.answer, storedAt(late)], ["refused", 0]),
  ]
}
