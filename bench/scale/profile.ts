/** Where the time of an audit goes from its first dial to its last handshake: shares of V8's CPU profile, by whose code it is. */
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { audit, startCrowd } from "./play.ts"

interface CallFrame {
  readonly functionName: string
  readonly url: string
}
interface Profile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[]
  readonly samples: readonly number[]
  /** µs. */
  readonly timeDeltas: readonly number[]
  readonly startTime: number
}

/** Natives that end in a system call of a socket. */
const systemCalls = new Set([
  "connect",
  "internalConnect",
  "writeBuffer",
  "writev",
  "writeUtf8String",
  "close",
  "read",
  "readStart",
  "setNoDelay",
  "Socket.setNoDelay",
  "getpeername",
  "shutdown",
  "bind",
])

function ownerOf({ functionName, url }: CallFrame): string {
  if (functionName === "(idle)") return "idle"
  if (functionName === "(garbage collector)") return "garbage collector"
  if (systemCalls.has(functionName)) return "system calls of sockets"
  if (url.startsWith("node:") || url === "") return "Node"
  if (url.includes("/node_modules/")) return "packages"
  return "torrent-audit"
}

/** Shares of the time between the first and the last connect, idle included. */
export async function shares(peers: number): Promise<Record<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "torrent-audit-profile-"))
  const crowd = await startCrowd({ torrents: 1, peers, pieces: 64, holdMs: 0, leechers: true, serves: false })
  try {
    const [torrent = ""] = crowd.torrents
    await audit(crowd, [torrent, "--depth", "handshake", "--max-peers", String(2 * peers + 10)], {
      nodeOptions: ["--cpu-prof", `--cpu-prof-dir=${folder}`],
      fromSource: true,
    })
    const [file = ""] = readdirSync(folder)
    return sharesIn(JSON.parse(readFileSync(join(folder, file), "utf8")) as Profile)
  } finally {
    await crowd.stop()
    rmSync(folder, { recursive: true })
  }
}

function sharesIn({ nodes, samples, timeDeltas }: Profile): Record<string, number> {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const isConnect = (id: number) => frames.get(id)?.functionName === "internalConnect"
  const [first, last] = [samples.findIndex(isConnect), samples.findLastIndex(isConnect)]
  const spentUs = new Map<string, number>()
  for (let i = first; i <= last; i++) {
    const frame = frames.get(samples[i] ?? 0)
    const owner = frame ? ownerOf(frame) : "Node"
    spentUs.set(owner, (spentUs.get(owner) ?? 0) + (timeDeltas[i] ?? 0))
  }
  const totalUs = [...spentUs.values()].reduce((sum, us) => sum + us, 0)
  const byCost = [...spentUs].toSorted(([, a], [, b]) => b - a)
  return Object.fromEntries([
    ["seconds", totalUs / 1e6],
    ...byCost.map(([owner, us]) => [owner, us / totalUs] as const),
  ])
}
