/** `torrent-audit dht get | put`: BEP 44 items, read and verified, or signed and stored. */
import { newestOf, type FoundItems } from "../../discovery/dht/items.ts"
import { putItem, type Put } from "../../discovery/dht/put.ts"
import type { DhtAnswer, DhtItem } from "../../evidence/dht-command.ts"
import { InputError } from "../../failure.ts"
import { decode } from "../../torrent/bencode.ts"
import {
  immutableTarget,
  maxSaltBytes,
  mutableTarget,
  signingBuffer,
  signItem,
  stringContent,
  type Item,
  type Wanted,
} from "../../torrent/dht-item.ts"
import { verifies, type SigningKey } from "../../torrent/ed25519.ts"
import { escape } from "../../render/text.ts"
import type { Context, Flags } from "../context.ts"
import { loadSigningKey, makeSigningKey } from "./key.ts"
import { dhtOptions, sequenceOf, textsOf } from "./options.ts"
import { runDht, type DhtSession } from "./session.ts"
import { valueToPut } from "./value.ts"

const none = new Uint8Array()

export async function get(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const wanted = wantedOf(words, saltOf(context.flags))
  const options = dhtOptions(context.flags)
  return runDht({ command: "get", options, target: wanted.target }, context, async (session) => {
    const found = await findItem(wanted, session)
    const newest = newestOf(found.flatMap(({ sent }) => [...sent.values()]))
    for (const { sent } of found) noteSent(sent, newest, session)
    return {
      answer: newest ? "found" : "not-found",
      item: newest && shownItem(newest),
      salt: newest?.mutable ? hex(wanted.salt) : null,
    }
  })
}

export async function put(words: readonly string[], context: Context): Promise<DhtAnswer> {
  const { flags } = context
  const options = dhtOptions(flags)
  const value = await valueToPut(words, flags, context.stdin)
  const keyFile = textsOf(flags, "key").at(-1) ?? null
  const asked = { seq: sequenceOf(flags, "seq"), cas: sequenceOf(flags, "cas"), salt: saltOf(flags) }
  if (keyFile === null && (asked.seq !== null || asked.cas !== null || asked.salt.length > 0))
    throw new InputError("usage", "--salt, --seq and --cas are for items that can change", "Add --key FILE.")
  const key = keyFile === null ? null : await keyToSignWith(keyFile, context)
  if (!options.yes) throw needsYes(value, key, asked.salt, keyFile)
  const target = key ? mutableTarget(key.publicKey, asked.salt) : immutableTarget(value)
  return runDht({ command: "put", options, target }, context, async (session) => {
    const wanted: Wanted = { target, publicKey: key?.publicKey ?? null, salt: asked.salt }
    const found = await findItem(wanted, session)
    const newest = newestOf(found.flatMap(({ sent }) => [...sent.values()]))
    for (const { sent } of found) noteSent(sent, newest, session)
    const item = key ? signed(key, value, asked, newest) : { value, mutable: null }
    const outcomes = await storeEverywhere(item, asked, found, session)
    return {
      answer: outcomes.some((ok) => ok) ? "stored" : outcomes.length > 0 ? "refused" : "not-found",
      item: shownItem(item),
      salt: key ? hex(asked.salt) : null,
      cas: asked.cas,
    }
  })
}

/** Without --yes nothing is written, here neither: null is the key that would be made. */
async function keyToSignWith(file: string, { flags, terminal }: Context): Promise<SigningKey | null> {
  const key = await loadSigningKey(file)
  if (key) return key
  if (flags["new-key"] !== true)
    throw new InputError("no-file", `no such key file: ${file}`, "Add --new-key to make one there.")
  if (flags.yes !== true) return null
  const made = await makeSigningKey(file)
  terminal.err(`New key in ${escape(file, terminal.ascii)}: who has that file can change what it signs.\n`)
  return made
}

function needsYes(
  value: Uint8Array,
  key: SigningKey | null,
  salt: Uint8Array,
  keyFile: string | null,
): InputError {
  const isNew = keyFile !== null && key === null
  const target = key ? mutableTarget(key.publicKey, salt) : immutableTarget(value)
  const where = isNew ? "a place that a new key will tell" : hex(target)
  const by = key ? `, signed by ${hex(key.publicKey)}` : isNew ? `, signed by a new key in ${keyFile}` : ""
  return new InputError(
    "needs-yes",
    `this would store ${value.length} bytes (bencoded) at the DHT nodes nearest to ${where}, for anybody to read${by}`,
    "Add --yes to send it.",
  )
}

/** 40 digits: the target itself. 64: a public key, which with the salt makes the target. */
function wantedOf(words: readonly string[], salt: Uint8Array): Wanted {
  const [word = "", ...more] = words
  if (more.length === 0 && /^(?:[\da-f]{40}|[\da-f]{64})$/i.test(word)) {
    const bytes = new Uint8Array(Buffer.from(word, "hex"))
    if (bytes.length === 20) return { target: bytes, publicKey: null, salt }
    return { target: mutableTarget(bytes, salt), publicKey: bytes, salt }
  }
  throw new InputError(
    more.length === 0 && word !== "" ? "bad-hash" : "usage",
    more.length === 0 && word !== "" ? "target is neither 40 nor 64 hex digits" : "dht get takes one target",
    "40 hex digits of a hash, or 64 of a public key [--salt TEXT].",
  )
}

/** Text, or 0x and hex digits. */
function saltOf(flags: Flags): Uint8Array {
  const text = textsOf(flags, "salt").at(-1)
  if (text === undefined) return none
  const isHex = /^0x(?:[\da-f]{2})+$/i.test(text)
  const salt = isHex ? new Uint8Array(Buffer.from(text.slice(2), "hex")) : new TextEncoder().encode(text)
  if (salt.length <= maxSaltBytes) return salt
  throw new InputError(
    "bad-value",
    `--salt has ${salt.length} bytes`,
    `BEP 44 allows ${maxSaltBytes}: use a hash of it, as 0x and hex digits.`,
  )
}

type Found = FoundItems & { client: DhtSession["clients"][number] }

const findItem = (wanted: Wanted, session: DhtSession): Promise<Found[]> =>
  Promise.all(
    session.clients.map(async (client) => ({ client, ...(await session.lookUpItem(client, wanted)) })),
  )

function noteSent(sent: FoundItems["sent"], newest: Item | null, { log }: DhtSession): void {
  for (const [address, one] of sent) {
    if (!one.ok) {
      log.note(address, { item: one.flaw })
      continue
    }
    const seq = one.item.mutable?.seq ?? null
    log.note(address, { item: seq === (newest?.mutable?.seq ?? null) ? "good" : "older", seq })
  }
}

/** Ours verifies like anybody's before it is sent: a key file that doesn't fit together stores nothing. */
function signed(
  key: SigningKey,
  value: Uint8Array,
  { seq: wanted, salt }: { seq: bigint | null; salt: Uint8Array },
  newest: Item | null,
): Item {
  const stored = newest?.mutable?.seq ?? 0n
  const seq = wanted ?? stored + 1n
  if (seq > BigInt(Number.MAX_SAFE_INTEGER))
    throw new InputError(
      "bad-value",
      `sequence number ${stored} is stored already`,
      "Use another --salt or --key.",
    )
  const signature = signItem(key, salt, seq, value)
  if (!verifies(key.publicKey, signingBuffer(salt, seq, value), signature))
    throw new InputError("bad-key", "the key's own signature does not verify", "Use another key file.")
  return { value, mutable: { publicKey: key.publicKey, seq, signature } }
}

async function storeEverywhere(
  item: Item,
  { cas, salt }: { cas: bigint | null; salt: Uint8Array },
  found: readonly Found[],
  session: DhtSession,
): Promise<boolean[]> {
  const decoded = decode(item.value)
  if (!decoded.ok) throw new Error("the value was checked before")
  const put: Put = { value: decoded.value, mutable: item.mutable && { ...item.mutable, salt }, cas }
  const stored = await Promise.all(found.map((each) => putItem(each.client, each, put, session.signal)))
  return stored.flat().map((each) => session.noteStored(each))
}

function shownItem({ value, mutable }: Item): DhtItem {
  const content = stringContent(value)
  const kinds: Record<string, DhtItem["kind"]> = { i: "integer", l: "list", d: "dictionary" }
  return {
    kind: kinds[String.fromCharCode(value[0] ?? 0)] ?? "string",
    value: base64(value),
    content: content && base64(content),
    seq: mutable?.seq ?? null,
    publicKey: mutable && hex(mutable.publicKey),
    signature: mutable && hex(mutable.signature),
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64")
