/** A torrent that names 200 trackers, all of them the same liar's. */
import { gzipSync } from "node:zlib"
import type { HostileCase, Stage, Staged } from "../case.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"
import { answer, rawServer, type Line } from "./tracker-server.ts"
import { compactPeers, demandCap } from "./tracker-stage.ts"

const count = 199
const timeoutSeconds = 60

interface Many {
  readonly id: string
  readonly does: string
  readonly bound: string
  /** `index`: of the request. */
  readonly onRequest: (line: Line, index: number) => void
  readonly cap?: string
  readonly expect: RegExp
}

const bomb = gzipSync(`d5:peersl${"d2:ip1:x4:porti1ee".repeat(33_000)}e8:intervali1800ee`)

const many: readonly Many[] = [
  {
    id: "http-tracker-200-long-bodies",
    does: "is 199 trackers, each of which sends 2 MB but for its last byte",
    bound: "http.longBodies",
    expect: /aborted|timeout/,
    onRequest(line) {
      line.write("HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n")
      line.pour(Buffer.alloc(100_000, "x"), 19)
    },
  },
  {
    id: "http-tracker-200-bombs",
    does: "is 199 trackers, each of which packs 99,000 values into 2 KB",
    bound: "tracker.maxGzipRatio",
    expect: /bad-encoding/,
    onRequest: (line) => answer(line, bomb, ["Content-Encoding: gzip"]),
  },
  {
    id: "http-tracker-200-crowds",
    does: "is 199 trackers, each of which names 5,000 other peers",
    bound: "tracker.maxPeersInAll",
    cap: "tracker-peers",
    expect: /ok/,
    onRequest: (line, index) =>
      answer(
        line,
        Buffer.concat([
          Buffer.from("d8:intervali1800e5:peers30000:"),
          compactPeers(5_000, 5_000 * index),
          Buffer.from("e"),
        ]),
      ),
  },
]

async function stageMany(
  stage: Stage,
  onRequest: Many["onRequest"],
): Promise<{ swarm: SwarmStage; port: number; target: string }> {
  const swarm = await stageSwarm(stage)
  let index = 0
  const { port } = await rawServer(stage, (line) => onRequest(line, index++))
  const urls = Array.from({ length: count }, (_, i) => `http://127.0.0.1:${port}/${i}/announce`)
  const target = swarm.write(swarm.payload.torrentBytes([swarm.tracker.httpUrl, ...urls]), "many.torrent")
  return { swarm, port, target }
}

async function honest(stage: Stage): Promise<Staged> {
  const { swarm, target } = await stageMany(stage, (line) => answer(line, "d8:intervali1800e5:peers0:e"))
  return swarm.staged({ target, timeoutSeconds, check: () => "the seed was verified" })
}

export const trackerManyCases: readonly HostileCase[] = many.map(
  ({ id, does, bound, onRequest, cap, expect }) => ({
    id,
    stranger: "http-tracker",
    does,
    bound,
    honest,
    async stage(stage) {
      const { swarm, port, target } = await stageMany(stage, onRequest)
      return swarm.staged({
        target,
        timeoutSeconds,
        check(snapshot) {
          const liars = (snapshot.trackers ?? []).filter(({ url }) => url.includes(`:${port}/`))
          const words = [
            ...new Set(
              liars.map(({ announces: [first] }) => (first?.ok ? "ok" : first?.failure?.code) ?? "not asked"),
            ),
          ]
          if (!words.some((word) => expect.test(word))) throw new Error(words.join(", "))
          const hit = cap === undefined ? "" : `; ${demandCap(snapshot, cap)}`
          return `${liars.length} trackers: ${words.join(", ")}; ${snapshot.peers?.length} peers${hit}`
        },
      })
    },
  }),
)
