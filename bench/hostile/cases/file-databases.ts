/** MaxMind databases that somebody crafted. */
import { mmdb, mmdbValue } from "../../../test/support/mmdb.ts"
import type { HostileCase, Stage } from "../case.ts"
import { fileCases, fileIn, refused, sparse } from "./file-stage.ts"
import { stageSwarm } from "../swarm.ts"

const badMmdb = (
  id: string,
  does: string,
  bound: string,
  bytes: (stage: Stage) => Uint8Array | string,
): HostileCase =>
  fileCases("lookup-mmdb")(id, does, bound, (stage) => {
    const made = bytes(stage)
    const path = typeof made === "string" ? made : fileIn(stage, "x.mmdb", made)
    const magnet = `magnet:?xt=urn:btih:${"9".repeat(40)}`
    return refused("bad-value", {
      args: [magnet, "--mmdb", path, "--no-dht", "--tracker", "udp://127.0.0.1:9"],
    })
  })

const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
const database = (metadata: Buffer): Buffer => Buffer.concat([Buffer.alloc(1_024), marker, metadata])
/** A list that claims 16 million entries. */
const claim = Buffer.from([31, 4, 255, 255, 255])
/** Lists of 28 pointers to the next one, so that whoever follows them all follows 28 to the twelfth power. */
const doubling = Buffer.concat(
  Array.from({ length: 12 }, (_, depth) => {
    const next = 58 * (depth + 1)
    return Buffer.from([
      28,
      4,
      ...Array.from({ length: 28 }, () => [(1 << 5) | (next >> 8), next & 255]).flat(),
    ])
  }),
)

export const databaseCases: readonly HostileCase[] = [
  badMmdb("claims", "a database whose metadata claims lists of 16 million entries", "10,000 values", () =>
    database(Buffer.concat(Array<Buffer>(20_000).fill(claim))),
  ),
  badMmdb("doubling", "a database whose metadata doubles itself by pointers", "10,000 values", () =>
    database(doubling),
  ),
  badMmdb("self", "a database whose metadata points to itself", "10,000 values", () =>
    database(Buffer.from([1 << 5, 0])),
  ),
  badMmdb("tree", "a database whose tree is larger than the file", "sizes are compared", () =>
    database(
      mmdbValue({
        binary_format_major_version: 2,
        ip_version: 6,
        node_count: 4_000_000_000,
        record_size: 24,
      }),
    ),
  ),
  badMmdb("sparse", "a database of 1 GB without anything in it", "its end is read first", (stage) =>
    sparse(stage, "x.mmdb", 1e9),
  ),
  {
    id: "lookup-mmdb-loop",
    stranger: "file",
    does: "a database whose tree leads round in circles",
    bound: "128 steps",
    async stage(stage) {
      const swarm = await stageSwarm(stage)
      const bytes = mmdb({ "1.2.3.0/24": { country: { iso_code: "DE" } } })
      // Each record of each node leads back to the first.
      bytes.fill(0, 0, bytes.indexOf(marker) - 40)
      return swarm.staged({
        args: ["--mmdb", fileIn(stage, "x.mmdb", bytes)],
        check({ peers }) {
          if (peers.some(({ place }) => place !== undefined)) throw new Error("it has a place")
          return "the seed has no place; it was verified"
        },
      })
    },
  },
]
