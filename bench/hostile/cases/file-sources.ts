/** Where a torrent or a link says that its peers are: too many places, places that are none, and places that must not be asked. */
import type { HostileCase, Outcome, Staged } from "../case.ts"
import {
  MiB,
  borne,
  demand,
  fileCases,
  fileIn,
  forbid,
  honest,
  refused,
  repeated,
  torrent,
} from "./file-stage.ts"

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b"

/** `--dry-run` says whom an audit would ask, and asks nobody. */
const planned = (target: string, check: (outcome: Outcome) => string): Staged =>
  borne({ args: [target, "--dry-run", "--no-dht", "--json"], check })

const source = fileCases("sources", "metainfo")

/** `inspect` reads it, and says this. */
const inspected = (
  id: string,
  does: string,
  bound: string,
  bytes: () => Uint8Array,
  says: readonly string[],
  never: string | RegExp = "\u001b",
  as?: HostileCase["honest"],
): HostileCase =>
  source(
    id,
    does,
    bound,
    (stage) =>
      borne({
        args: ["inspect", fileIn(stage, "x.torrent", bytes())],
        check({ stdout }) {
          for (const each of says) demand(stdout.replaceAll(/\s+/g, " "), each, each)
          forbid(stdout, never, "printed")
          return `read, and shown as: ${says.join(", ")}`
        },
      }),
    as,
  )

/** A torrent whose last key holds a list of a value many times over; it sorts after `info`. */
const many = (key: string, item: (at: number) => string, count: number): Buffer =>
  Buffer.concat([
    torrent().subarray(0, -1),
    Buffer.from(`${key.length}:${key}l${Array.from({ length: count }, (_, at) => item(at)).join("")}ee`),
  ])
const bencoded = (text: string): string => `${text.length}:${text}`

const listed = (
  id: string,
  does: string,
  bound: string,
  line: () => string,
  check: (outcome: Outcome) => string,
) =>
  source(
    id,
    does,
    bound,
    (stage) => planned(`@${fileIn(stage, "list.txt", `${line()}\n`)}`, check),
    honestList,
  )

/** 4 MB of ordinary links. */
const honestList: NonNullable<HostileCase["honest"]> = (stage) => {
  const links = Array.from({ length: 10_000 }, (_, at) => {
    const digits = at.toString(16).padStart(40, "0")
    return `magnet:?xt=urn:btih:${digits}&dn=${"n".repeat(200)}&tr=http://t${at}.example/announce`
  })
  return Promise.resolve(planned(`@${fileIn(stage, "list.txt", links.join("\n"))}`, () => "read"))
}

export const sourceCases: readonly HostileCase[] = [
  inspected(
    "million-trackers",
    "names a million trackers",
    "metainfo.maxTrackers",
    () => many("announce-list", (at) => `l${bencoded(`http://t${at}.example/a`)}e`, 1_000_000),
    ["only the first 200 trackers are used, 999800 left out"],
    undefined,
    honest.largest,
  ),
  inspected(
    "million-web-seeds",
    "names a million web seeds",
    "metainfo.maxWebSeeds",
    () => many("url-list", (at) => bencoded(`http://w${at}.example/`), 1_000_000),
    ["only the first 200 web seeds are used, 999800 left out"],
    undefined,
    honest.largest,
  ),
  inspected(
    "million-nodes",
    "names a million DHT nodes",
    "metainfo.maxNodes",
    () => many("nodes", (at) => `l${bencoded(`n${at}.example`)}i6881ee`, 1_000_000),
    ["DHT nodes after the first 200, left out"],
    undefined,
    honest.largest,
  ),
  inspected(
    "megabyte-announce",
    "has an announce URL of 1 MB",
    "a URL has 2,048 characters",
    () => torrent({}, { announce: `http://t.example/${"a".repeat(MiB)}` }),
    ["`announce` is not a URL"],
  ),
  inspected(
    "credentials",
    "has a password and a passkey in its announce URL",
    "masked wherever it is shown",
    () =>
      torrent({}, { announce: "http://ann:Secr3tWord@t.example/0123456789abcdef0123456789abcdef/announce" }),
    ["***@t.example/***/announce"],
    /Secr3tWord|0123456789abcdef/,
  ),
  inspected(
    "newline-url",
    "has line breaks and escape sequences in its announce URL",
    "escaped wherever it is shown",
    () => torrent({}, { announce: "http://t.example/a\r\nHost: evil\r\n\r\n\u001b]52;c;cm0gLXJm\u0007" }),
    ["http://t.example/***"],
    /\p{Cc}52;|\nHost/u,
  ),
  source(
    "private-places",
    "names 10.0.0.1, 169.254.169.254 and a .local host as its nodes",
    "address rules",
    (stage) => {
      const nodes = [
        ["10.0.0.1", 53],
        ["169.254.169.254", 80],
        ["printer.local", 631],
      ]
      const file = fileIn(stage, "x.torrent", torrent({}, { nodes }))
      // Without a tracker, and with the DHT off, nobody is left to ask.
      return refused("no-sources", { args: [file, "--no-dht"] })
    },
  ),
  listed(
    "magnet-trackers",
    "is a magnet link with 100,000 trackers",
    "metainfo.maxTrackers",
    () =>
      `magnet:?xt=urn:btih:${hash}${Array.from({ length: 100_000 }, (_, at) => `&tr=http://t${at}.example/a`).join("")}`,
    ({ stdout }) => {
      demand(stdout, "t199.example", "the 200th tracker")
      forbid(stdout, "t200.example", "the 201st tracker is asked")
      return "the first 200 would be asked"
    },
  ),
  source("magnet-large", "is a magnet link of 10 MB, in a list", "many.maxListBytes", (stage) => {
    const link = Buffer.concat([Buffer.from(`magnet:?xt=urn:btih:${hash}&dn=`), repeated("n", 10 * MiB)])
    return refused("too-large", { args: [`@${fileIn(stage, "list.txt", link)}`, "--no-dht"] })
  }),
  source(
    "magnet-keys",
    "is a magnet link with 300,000 parameters",
    "many.maxListBytes",
    (stage) => {
      const link = `magnet:?xt=urn:btih:${hash}&tr=http://t.example/a${Array.from({ length: 300_000 }, (_, at) => `&k${at}=1`).join("")}`
      return planned(`@${fileIn(stage, "list.txt", link)}`, ({ stdout }) => {
        demand(stdout, "t.example", "its tracker")
        return "read: one tracker"
      })
    },
    honestList,
  ),
  source("magnet-escapes", "is a magnet link with a broken escape", "bad-magnet", () =>
    refused("bad-magnet", { args: ["inspect", `magnet:?xt=urn:btih:${hash}&dn=%E0%A4%A&tr=%`] }),
  ),
]
