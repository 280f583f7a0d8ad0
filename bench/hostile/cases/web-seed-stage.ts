/** A torrent with two web seeds: an honest one, and that of the case. Both are asked beside the honest peer. */
import type { AskedWebSeed } from "../../../src/evidence.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase } from "../case.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"
import { headOf, rawServer, type Line } from "./tracker-server.ts"

export interface WebSeedBehaviour {
  readonly id: string
  readonly does: string
  readonly bound: string
  /** What must be found in the words that the record has for its requests. */
  readonly expect: RegExp
  readonly timeoutSeconds?: number
  readonly onRequest: (line: Line, asked: Asked, swarm: SwarmStage) => void
  /** Throws what else is wrong. */
  verify?(webSeed: AskedWebSeed): void
}

export interface Asked {
  /** Of the file, both included; null: no Range. */
  readonly range: { readonly first: number; readonly last: number } | null
  /** The server's own. */
  readonly port: number
  /** How many there were before. */
  readonly index: number
}

/** A host of its own: requests to one host wait for each other. */
const liarHost = "127.0.0.2"

export const webSeedCase = (behaviour: WebSeedBehaviour): HostileCase => ({
  id: behaviour.id,
  stranger: "web-seed",
  does: behaviour.does,
  bound: behaviour.bound,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    let port = 0
    let index = 0
    const liar = await rawServer(
      stage,
      (line, head) => behaviour.onRequest(line, { range: rangeOf(head), port, index: index++ }, swarm),
      undefined,
      liarHost,
    )
    port = liar.port
    const honest = await rawServer(stage, (line, head) => serve(line, rangeOf(head), swarm))
    const urls = [`http://${liarHost}:${liar.port}/`, `http://127.0.0.1:${honest.port}/`]
    return swarm.staged({
      target: swarm.write(
        withUrlList(swarm.payload.torrentBytes([swarm.tracker.httpUrl]), urls),
        "web.torrent",
      ),
      timeoutSeconds: behaviour.timeoutSeconds ?? 25,
      check(snapshot) {
        const good = recordAt(snapshot, honest.port)
        if (!good.samples.some(({ verified }) => verified))
          throw new Error(`the honest web seed: ${wordsOf(good)}`)
        const bad = recordAt(snapshot, liar.port)
        const words = wordsOf(bad)
        if (!behaviour.expect.test(words)) throw new Error(`the record says: ${words}`)
        behaviour.verify?.(bad)
        return [words, `${liar.requests.length} requests`, liar.taken()].filter(Boolean).join("; ")
      },
    })
  },
})

/** `url-list` (BEP 19) sorts behind every key that a payload writes. */
function withUrlList(torrent: Uint8Array, urls: readonly string[]): Uint8Array {
  const list = urls.map((url) => `${url.length}:${url}`).join("")
  return Buffer.concat([torrent.subarray(0, -1), Buffer.from(`8:url-listl${list}ee`)])
}

const rangeOf = (head: string): Asked["range"] => {
  const match = /^range: bytes=(\d+)-(\d+)/im.exec(head)
  return match ? { first: Number(match[1]), last: Number(match[2]) } : null
}

/** The payload is one file. */
export function bytesOf({ payload }: SwarmStage, first: number, last: number): Buffer {
  const parts: Uint8Array[] = []
  for (let at = first; at <= last;) {
    const [piece, offset] = [Math.floor(at / payload.pieceBytes), at % payload.pieceBytes]
    const length = Math.min(last + 1 - at, payload.pieceLength(piece) - offset)
    if (length <= 0) break
    parts.push(payload.read(piece, offset, length))
    at += length
  }
  return Buffer.concat(parts)
}

function serve(line: Line, range: Asked["range"], swarm: SwarmStage): void {
  const { first, last } = range ?? { first: 0, last: swarm.payload.sizeBytes - 1 }
  line.write(partHead(first, last, swarm.payload.sizeBytes))
  line.write(bytesOf(swarm, first, last))
  line.end()
}

export const partHead = (
  first: number,
  last: number,
  totalBytes: number,
  more: readonly string[] = [],
): string =>
  headOf(
    [`Content-Length: ${last - first + 1}`, `Content-Range: bytes ${first}-${last}/${totalBytes}`, ...more],
    "206 Partial Content",
  )

function recordAt({ webSeeds }: Snapshot, port: number): AskedWebSeed {
  const found = webSeeds?.find(({ url }) => url.includes(`:${port}/`))
  if (found?.attempts === undefined) throw new Error("no record of the web seed")
  return found as AskedWebSeed
}

function wordsOf({ attempts }: AskedWebSeed): string {
  const said = attempts.map(({ ok, failure }) =>
    ok ? "ok" : [failure?.code, failure?.detail].filter(Boolean).join(": "),
  )
  return [...new Set(said)].join("; ")
}
