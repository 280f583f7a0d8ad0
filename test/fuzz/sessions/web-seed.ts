/** A web seed (BEP 19) that answers what the bytes say. */
import type { FuzzTarget } from "../target.ts"
import { audited, torrentOf } from "./audited.ts"
import { playHttp, type HttpAnswer, type HttpQuestion } from "./http-script.ts"
import { planOf, type Plan } from "./plan.ts"
import type { SharedTorrent } from "./torrents.ts"

const seed = { host: "10.0.0.6", port: 80 }

/** The part that was asked for, unless the plan says another. */
function partOf({ payload }: SharedTorrent, { headers }: HttpQuestion, plan: Plan): HttpAnswer {
  const [, from = "0", to = "0"] = /bytes=(\d+)-(\d*)/.exec(headers.get("range") ?? "") ?? []
  const size = payload.sizeBytes
  const lie = plan.upTo(15)
  const start = Math.max(0, Number(from) + (lie === 1 ? plan.upTo(20) - 10 : 0))
  const end = Math.min(size - 1, Number(to) + (lie === 2 ? plan.upTo(20) - 10 : 0))
  const bytes = Buffer.alloc(Math.max(0, end - start + 1))
  for (let at = start; at <= end;) {
    const piece = Math.floor(at / payload.pieceBytes)
    const offset = at % payload.pieceBytes
    const length = Math.min(payload.pieceLength(piece) - offset, end + 1 - at)
    bytes.set(payload.read(piece, offset, length), at - start)
    at += length
  }
  if (lie === 3) bytes.fill(plan.byte())
  const total = lie === 4 ? plan.u32() : size
  const range = lie === 5 ? "bytes */*" : `bytes ${start}-${end}/${total}`
  return { status: lie === 6 ? 200 : 206, headers: [`Content-Range: ${range}`], body: bytes }
}

export const webSeed: FuzzTarget = {
  name: "session-web-seed",
  group: "sessions",
  maxBytes: 1_024,
  *seeds() {
    yield Uint8Array.of(0)
    for (let lie = 1; lie < 7; lie++) yield Uint8Array.from([0, 0, 0, 0, lie, 3, 0, 0, lie, 4, 0, 0, lie, 9])
    for (let odd = 1; odd < 256; odd *= 2)
      yield Uint8Array.from([1, 0, odd, 1, 2, 3, 4, 0, odd, 3, 1, 0, 0, 0])
    for (let to = 0; to < 9; to++) yield Uint8Array.from([0, 0, 5, 2, to, 0, 0, 5, 3, to])
  },
  run(bytes) {
    const plan = planOf(bytes)
    const torrent = torrentOf(plan.flag())
    const webSeeds = [{ url: "http://10.0.0.6/", bep: 19 as const }]
    return audited(bytes, {
      torrent,
      target: { metainfo: { ...torrent.metainfo, webSeeds } },
      options: { depth: "sample", webSeeds: true },
      stage(internet) {
        internet.name("tracker.test", seed.host)
        internet.serve(seed, (stream) =>
          playHttp(plan, stream, internet.clock, (question) => partOf(torrent, question, plan)),
        )
      },
    })
  },
}
