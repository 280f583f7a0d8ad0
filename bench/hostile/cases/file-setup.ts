/** What sets the program up: configuration files, the environment, the command line, the crontab. */
import { chmodSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import type { HostileCase, Stage } from "../case.ts"
import {
  borne,
  demand,
  fileCases,
  fileIn,
  forbid,
  pipeIn,
  refused,
  repeated,
  sparse,
  torrent,
} from "./file-stage.ts"

const setup = fileCases("setup")

const badConfig = (id: string, does: string, bound: string, make: (stage: Stage) => string): HostileCase =>
  setup(id, does, bound, (stage) =>
    refused("bad-config", { args: ["--config", make(stage), "--print-config"] }),
  )

/** Runs this in place of the machine's own `crontab`. */
function crontab(stage: Stage, script: string): Record<string, string> {
  const bin = join(stage.folder, "bin")
  mkdirSync(bin)
  chmodSync(fileIn(stage, join("bin", "crontab"), `#!/bin/sh\n${script}\n`), 0o755)
  return { PATH: `${bin}:${process.env["PATH"]}` }
}

const list = ["schedule", "list", "--on", "cron"]

export const setupCases: readonly HostileCase[] = [
  badConfig("config-100-mb", "a configuration of 100 MB", "64 KiB", (stage) => sparse(stage, "c.json", 1e8)),
  badConfig("config-deep", "a configuration that nests 30,000 lists", "64 KiB", (stage) =>
    fileIn(stage, "c.json", `{"tracker":${"[".repeat(30_000)}`),
  ),
  badConfig("config-pipe", "a pipe in place of a configuration", "regular files only", ({ folder }) =>
    pipeIn(folder, "c.json"),
  ),
  badConfig("config-prototype", "a configuration with __proto__ for a key", "known keys only", (stage) =>
    fileIn(stage, "c.json", '{"__proto__":{"no-dht":true},"constructor":1}'),
  ),
  setup("config-twice", "a configuration with one key twice", "the last one counts, and is shown", (stage) =>
    borne({
      args: ["--config", fileIn(stage, "c.json", '{"maxPeers":1,"maxPeers":2}'), "--print-config"],
      check({ stdout }) {
        demand(stdout, /--max-peers\W+2\b/, "--max-peers 2")
        return "the last one counts, and --print-config shows it"
      },
    }),
  ),
  setup("environment", "garbage in every variable that is read", "checked one by one", (stage) =>
    refused("bad-config", {
      args: ["inspect", fileIn(stage, "x.torrent", torrent())],
      env: {
        TORRENT_AUDIT_PACE: "\u001b]0;x\u0007\u202e",
        COLUMNS: "-99999999999999999999",
        LC_ALL: "\u00ff".repeat(5),
        TERM: "\u001b[2J",
        FORCE_COLOR: "x".repeat(10_000),
        TZ: "../../../etc/passwd",
      },
    }),
  ),
  setup(
    "places",
    "state, cache and configuration directories that can't be",
    "absolute paths only",
    (stage) =>
      borne({
        args: ["inspect", fileIn(stage, "x.torrent", torrent())],
        env: {
          HOME: "/dev/null",
          XDG_STATE_HOME: "../../x",
          XDG_CACHE_HOME: "/proc/self/mem",
          XDG_CONFIG_HOME: "/dev/zero",
          COLUMNS: "9999",
          TZ: "../../../etc/passwd",
        },
        check({ stdout }) {
          demand(stdout, "64 KiB", "its piece length")
          return "read"
        },
      }),
  ),
  setup("many-words", "10,001 targets on the command line", "many.maxTargets", () =>
    refused("too-large", {
      args: [...Array.from({ length: 10_001 }, (_, at) => `${at}.torrent`), "--no-dht"],
    }),
  ),
  setup("many-options", "one option 10,000 times", "checked one by one", (stage) =>
    borne({
      args: [
        fileIn(stage, "x.torrent", torrent()),
        "--dry-run",
        "--no-dht",
        ...Array.from({ length: 10_000 }, (_, at) => `--tracker=http://t${at}.example/a`),
      ],
      check({ stdout }) {
        demand(stdout, "http://t0.example/a", "the first of them")
        return "answered"
      },
    }),
  ),
  setup("long-word", "an argument of 100 KB with escape sequences", "a line shows 2,000 characters", () =>
    refused("no-file", { args: ["inspect", `\u001b]0;x\u0007${"a".repeat(100_000)}.torrent`] }),
  ),
  setup(
    "crontab-garbage",
    "a crontab of 900 KB of garbage with our marks in it",
    "crontab.maxBytes",
    (stage) => {
      const block =
        "# >>> torrent-audit 0123abcd\n\u00ff\u001b[2J * * garbage ' % \\\n# <<< torrent-audit 0123abcd\n"
      const text = Buffer.concat([
        Buffer.from(`MAILTO=${" ".repeat(100_000)}x\n${block}`, "latin1"),
        repeated("* * * * * \xff'\"%\\ x\r\n", 40_000),
      ])
      return borne({
        args: list,
        env: crontab(stage, `cat '${fileIn(stage, "crontab.txt", text)}'`),
        check({ stdout }) {
          demand(stdout, "0123abcd", "our block")
          forbid(stdout, "\u001b", "an escape sequence was printed")
          return "our block was listed, and nothing else"
        },
      })
    },
  ),
  setup("crontab-blocks", "a crontab with 10,000 blocks of ours", "crontab.maxScheduled", (stage) => {
    const blocks = Array.from({ length: 10_000 }, (_, at) => {
      const id = at.toString(16).padStart(8, "0")
      return `# >>> torrent-audit ${id}\n0 * * * * a\n# <<< torrent-audit ${id}\n`
    })
    return refused("bad-crontab", {
      args: list,
      env: crontab(stage, `cat '${fileIn(stage, "crontab.txt", blocks.join(""))}'`),
    })
  }),
  setup("crontab-endless", "a `crontab` that never stops printing", "crontab.maxBytes", (stage) =>
    refused("no-cron", { args: list, env: crontab(stage, "yes '* * * * * x'") }),
  ),
  setup("crontab-silent", "a `crontab` that never ends, nor heeds a signal", "10 s", (stage) =>
    refused("no-cron", { args: list, env: crontab(stage, "trap '' TERM\nsleep 25 &\nwait\nwait") }),
  ),
]
