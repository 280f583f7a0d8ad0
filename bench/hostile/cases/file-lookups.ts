/** Files that an audit looks things up in: a tracker's log, the publisher's own copy. */
import { createHash } from "node:crypto"
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { gzipSync } from "node:zlib"
import { encode } from "../../../src/torrent/bencode.ts"
import type { HostileCase, Stage, Staged } from "../case.ts"
import { savedSnapshot } from "./saved-snapshot.ts"
import { oneHonestSeed } from "../honest.ts"
import { MiB, borne, demand, fileCases, fileIn, pipeIn, refused, repeated, sparse } from "./file-stage.ts"
import { stageSwarm } from "../swarm.ts"

const lookup = fileCases("lookup")

/** 30 MB, of other torrents' announces. */
const honestLog = (stage: Stage): Promise<Staged> => {
  const line = `{"at":"2026-03-14T09:15:00.000Z","infoHash":"${"0f".repeat(20)}","ip":"192.0.2.7","port":6881}\n`
  return Promise.resolve(
    borne({
      args: [
        "report",
        fileIn(stage, "old.json", savedSnapshot()),
        "--announce-log",
        fileIn(stage, "log", repeated(line, 300_000)),
      ],
      exits: [0, 1, 2, 3],
      withinMs: 60_000,
      check: () => "read",
    }),
  )
}

/** A snapshot judged anew with this log. */
const logged = (
  id: string,
  does: string,
  bound: string,
  log: (stage: Stage) => string,
  says: RegExp,
): HostileCase =>
  lookup(
    `log-${id}`,
    does,
    bound,
    (stage) =>
      borne({
        args: ["report", fileIn(stage, "old.json", savedSnapshot()), "--announce-log", log(stage), "--json"],
        exits: [0, 1, 2, 3],
        withinMs: 60_000,
        check({ snapshot }) {
          const found = snapshot?.announceLog
          const text = `${found?.reports.length} announces, ${found?.unreadable} unreadable of ${found?.lines} lines`
          demand(text, says, String(says))
          return `read: ${text}`
        },
      }),
    honestLog,
  )

const briefly = ["--no-dht", "--allow-local", "--pace=lab", "--timeout=10s"]

/** An audit with a copy of the files that is none. */
const copied = (id: string, does: string, bound: string, make: (folder: string) => void): HostileCase =>
  lookup(
    `copy-${id}`,
    does,
    bound,
    async (stage) => {
      const swarm = await stageSwarm(stage)
      const copy = join(stage.folder, "copy")
      mkdirSync(copy)
      make(copy)
      return refused("bad-reference", {
        args: [swarm.torrentFile, "--reference", copy, ...briefly],
      })
    },
    oneHonestSeed,
  )

async function linkedOutside(stage: Stage): Promise<Staged> {
  const swarm = await stageSwarm(stage)
  const { payload } = swarm
  const pieces = Array.from({ length: payload.pieceCount }, (_, piece) =>
    payload.read(piece, 0, payload.pieceLength(piece)),
  )
  const outside = fileIn(stage, "outside.bin", Buffer.concat(pieces))
  const copy = join(stage.folder, "copy")
  mkdirSync(copy)
  symlinkSync(outside, join(copy, "hostile.bin"))
  return swarm.staged({
    args: ["--reference", copy],
    check({ run: { reference } }) {
      if (reference?.right !== 0) throw new Error(JSON.stringify(reference))
      return `the link was not followed: ${reference.missing} pieces missing of the copy`
    },
  })
}

/** A copy of one file of 32 MiB, and a torrent that names it so many times. */
function namedAgain(stage: Stage, times: number): Staged {
  const bytes = Buffer.alloc(32 * MiB, "x")
  const copy = join(stage.folder, "copy")
  mkdirSync(copy)
  writeFileSync(join(copy, "one.bin"), bytes)
  const pieceBytes = 16 * MiB
  const hash = createHash("sha1").update(bytes.subarray(0, pieceBytes)).digest()
  const info = {
    files: Array.from({ length: times }, () => ({ length: bytes.length, path: ["one.bin"] })),
    name: "again",
    "piece length": pieceBytes,
    pieces: Buffer.concat(Array.from({ length: 2 * times }, () => hash)),
  }
  const file = fileIn(stage, "x.torrent", encode({ announce: "http://127.0.0.1:9/announce", info }))
  return borne({
    args: [file, "--reference", copy, "--json", ...briefly],
    exits: [0, 1, 2, 3],
    withinMs: 45_000,
    check({ snapshot }) {
      const reference = snapshot?.run.reference
      if (reference?.right !== 2) throw new Error(JSON.stringify(reference))
      return "read once; the audit ended"
    },
  })
}

export const lookupCases: readonly HostileCase[] = [
  logged(
    "endless-line",
    "a log that is one line of 300 MB",
    "announceLog.maxLineBytes",
    (stage) => sparse(stage, "log", 300_000_000),
    /^0 announces, 1 unreadable/,
  ),
  logged(
    "gzip-bomb",
    "a log of 300 KB that unpacks to 300 MB",
    "announceLog.maxGzipRatio",
    (stage) => fileIn(stage, "log.gz", gzipSync(repeated("\n", 300_000_000))),
    /^0 announces, 1 unreadable/,
  ),
  logged(
    "garbage",
    "a log of 5 MB of garbage, braces and quotes",
    "unreadable lines are counted",
    (stage) =>
      fileIn(stage, "log", repeated('{"at":"\\\n[" "GET /announce?info_hash=%zz HTTP/1.1" 200\n', 100_000)),
    /^0 announces, 200000 unreadable/,
  ),
  lookup("log-pipe", "a pipe in place of a log", "regular files only", (stage) =>
    refused("no-file", {
      args: [
        "report",
        fileIn(stage, "old.json", savedSnapshot()),
        "--announce-log",
        pipeIn(stage.folder, "log"),
      ],
    }),
  ),
  lookup(
    "copy-links",
    "a copy whose file is a link to the right one elsewhere",
    "nothing outside the folder",
    linkedOutside,
    oneHonestSeed,
  ),
  copied(
    "pipe",
    "a copy whose file is a pipe",
    "regular files only",
    (copy) => void pipeIn(copy, "hostile.bin"),
  ),
  lookup(
    "copy-again",
    "a torrent that names one file of the copy 2,000 times",
    "each path is read once",
    (stage) => namedAgain(stage, 2_000),
    (stage) => Promise.resolve(namedAgain(stage, 1)),
  ),
]
