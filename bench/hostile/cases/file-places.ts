/** What a target's name leads to on this machine: pipes, devices, directories without end, lists that are none. */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { HostileCase } from "../case.ts"
import {
  MiB,
  borne,
  demand,
  fileCases,
  fileIn,
  forbid,
  honest,
  pipeIn,
  refused,
  repeated,
  torrent,
} from "./file-stage.ts"

const place = fileCases("place")
const sent = torrent({}, { announce: "http://127.0.0.1:9/announce" })

export const placeCases: readonly HostileCase[] = [
  place("pipe", "a pipe in place of a .torrent", "regular files only", ({ folder }) =>
    refused("no-file", { args: ["inspect", pipeIn(folder, "x.torrent")] }),
  ),
  place("device", "/dev/zero in place of a .torrent", "regular files only", () =>
    refused("no-file", { args: ["inspect", "/dev/zero"] }),
  ),
  place("link-to-device", "a symbolic link to /dev/zero", "regular files only", ({ folder }) => {
    symlinkSync("/dev/zero", join(folder, "x.torrent"))
    return refused("no-file", { args: ["inspect", join(folder, "x.torrent")] })
  }),
  place(
    "stdin-endless",
    "more than 64 MiB on standard input",
    "metainfo.maxBytes",
    () => refused("not-bencode", { args: ["inspect", "-"], stdin: new Uint8Array(80 * MiB) }),
    honest.padded,
  ),
  place(
    "nul-name",
    "a list with NUL bytes and binary garbage for names",
    "a line that leads nowhere",
    (stage) => {
      const list = fileIn(stage, "list.txt", Buffer.from("\0\0\0\na\0b.torrent\n\xff\xfe\x1b[2J\n", "latin1"))
      return borne({
        args: [`@${list}`, "--dry-run", "--no-dht"],
        exits: [3],
        check({ stdout }) {
          demand(stdout, "no such file", "that they lead nowhere")
          forbid(stdout.replaceAll("\n", ""), /\p{Cc}/u, "printed")
          return "each line failed by itself"
        },
      })
    },
  ),
  place("list-too-long", "a list of 4 MiB and a byte", "many.maxListBytes", (stage) =>
    refused("too-large", {
      args: [`@${fileIn(stage, "list.txt", repeated("a\n", 2 * MiB + 1))}`, "--no-dht"],
    }),
  ),
  place("list-pipe", "a pipe in place of a list", "regular files only", ({ folder }) =>
    refused("no-file", { args: [`@${pipeIn(folder, "list.txt")}`, "--no-dht"] }),
  ),
  place("list-of-itself", "a list that names itself and other lists", "a list names no list", (stage) => {
    const list = fileIn(stage, "list.txt", "@list.txt\n@list.txt\n-\n")
    return borne({
      args: [`@${list}`, "--dry-run", "--no-dht"],
      exits: [3],
      check({ stdout }) {
        demand(stdout.replaceAll(/\s+/g, " "), "a list names no other list", "why")
        return "each line failed by itself"
      },
    })
  }),
  place(
    "link-loop",
    "directories that lead to each other by symbolic links",
    "links are not followed",
    ({ folder }) => {
      mkdirSync(join(folder, "d", "e"), { recursive: true })
      symlinkSync("..", join(folder, "d", "up"))
      symlinkSync("../e", join(folder, "d", "e", "self"))
      symlinkSync("round.torrent", join(folder, "d", "round.torrent"))
      symlinkSync("/etc/passwd", join(folder, "d", "out.torrent"))
      writeFileSync(join(folder, "d", "e", "x.torrent"), sent)
      return borne({
        args: [join(folder, "d"), "--dry-run", "--no-dht"],
        check({ stdout }) {
          demand(stdout, "x.torrent", "the one torrent")
          forbid(stdout, /round|out\.torrent/, "a link was followed")
          return "the one torrent in it was found, no link followed"
        },
      })
    },
  ),
  place("deep-directory", "a directory 400 levels deep", "many.maxDepth", ({ folder }) => {
    const deep = join(folder, ...Array<string>(400).fill("d"))
    mkdirSync(deep, { recursive: true })
    writeFileSync(join(deep, "x.torrent"), sent)
    return refused("no-file", { args: [join(folder, "d"), "--no-dht"] })
  }),
  place("many-names", "a directory of 200,001 names", "many.maxNames", ({ folder }) => {
    const full = join(folder, "full")
    mkdirSync(full)
    for (let at = 0; at < 200_001; at++) writeFileSync(join(full, String(at)), "")
    return { ...refused("too-large", { args: [full, "--no-dht"] }), withinMs: 60_000 }
  }),
  place("many-torrents", "a list of 10,001 targets", "many.maxTargets", (stage) =>
    refused("too-large", {
      args: [`@${fileIn(stage, "list.txt", repeated("x.torrent\n", 10_001))}`, "--no-dht"],
    }),
  ),
]
