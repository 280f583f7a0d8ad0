/** A bare info hash (BEP 9): the stranger beside an honest peer that has the metadata, or alone. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import { ownIds } from "../../../src/wire/extension-handshake.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { Outcome, Stage, Staged } from "../case.ts"
import { messages } from "../messages.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"
import { hello, listenAs, type Act, type Visitor } from "./peer-stage.ts"

export interface Told {
  /** How it must be recorded; of who is alone there is no record but the error. */
  readonly ended?: RegExp
  /** Nobody else has it, or what the stranger owes would not be waited for. */
  readonly alone?: boolean
}

const theirId = 3
export const pieceBytes = 16_384

export const data = (piece: number, totalBytes: number, bytes: Uint8Array) =>
  messages.extended(
    ownIds.ut_metadata,
    Buffer.concat([encode({ msg_type: 1, piece, total_size: totalBytes }), bytes]),
  )

export const introduces = (visitor: Visitor, size: Encodable) =>
  visitor.send(
    hello(visitor),
    messages.extensionHandshake({ m: { ut_metadata: theirId }, metadata_size: size, v: "qBittorrent/4.5.2" }),
  )

/** The piece that a request of ours asks for. */
const asked = (id: number, payload: Buffer): number | null => {
  const found = id === 20 && payload[0] === theirId ? /5:piecei(\d+)e/.exec(payload.toString("latin1")) : null
  return found ? Number(found[1]) : null
}

/** Says that size, and answers each request for a piece. */
export const answering =
  (size: Encodable, answer: (visitor: Visitor, piece: number) => void): Act =>
  async (visitor) => {
    await visitor.greeting
    introduces(visitor, size)
    visitor.onMessage((id, payload) => {
      const piece = asked(id, payload)
      if (piece !== null) answer(visitor, piece)
    })
  }

/** What an honest client does with a magnet link; the seed of the common stage speaks no BEP 9. */
const honestHolder = (info: Uint8Array): Act =>
  answering(info.length, ({ send }, piece) =>
    send(data(piece, info.length, info.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))),
  )

/** The span of `info` within a demo torrent: its last key. */
const infoOf = (torrent: Uint8Array): Uint8Array => {
  const bytes = Buffer.from(torrent)
  return bytes.subarray(bytes.indexOf("4:info") + 6, -1)
}

export const magnetOf = ({ payload, tracker }: SwarmStage): string =>
  `magnet:?xt=urn:btih:${Buffer.from(payload.infoHash).toString("hex")}&tr=${encodeURIComponent(tracker.httpUrl)}`

export async function stageMagnet(
  stage: Stage,
  act: Act | null,
  { alone = false, ended = /./ }: Told = {},
): Promise<Staged> {
  const swarm = await stageSwarm(stage)
  const info = infoOf(swarm.payload.torrentBytes([swarm.tracker.httpUrl]))
  let visits = 0
  const counted: Act = (visitor) => {
    visits++
    return act?.(visitor)
  }
  const stranger = act && (await listenAs(stage, swarm, counted))
  if (stranger !== null) await swarm.introduce(stranger)
  if (!alone) await swarm.introduce(await listenAs(stage, swarm, (visitor) => later(visitor, info)))
  const staged = swarm.staged({
    target: magnetOf(swarm),
    timeoutSeconds: alone ? 25 : 40,
    check: (snapshot) => (stranger === null ? "the metadata came" : triedAt(snapshot, stranger, ended)),
  })
  if (!alone) return staged
  return {
    ...staged,
    check(outcome) {
      if (visits === 0) throw new Error("the stranger was not asked")
      return withoutMetadata(outcome)
    },
  }
}

/** Nobody else had it: there is nothing to audit, and the error says so. */
export function withoutMetadata({ exitCode, stderr }: Outcome): string {
  const [said] = /no peer sent metadata.*/.exec(stderr) ?? []
  if (exitCode !== 3 || said === undefined) throw new Error("ended otherwise")
  return `exit 3: ${said}`
}

/** It answers a little later than the stranger does. */
function later(visitor: Visitor, info: Uint8Array): void {
  visitor.later(400, () => void honestHolder(info)(visitor))
}

function triedAt({ run }: Snapshot, port: number, ended: RegExp): string {
  if (run.metadata?.from == null) throw new Error("no metadata was found")
  const ends = (run.metadata?.tries ?? [])
    .filter(({ address }) => address === `127.0.0.1:${port}`)
    .map(
      ({ failure, bytes }) =>
        `${[failure?.code, failure?.detail].filter(Boolean).join(": ")} after ${bytes} bytes`,
    )
  const first = ends.find((end) => ended.test(end))
  if (first === undefined) throw new Error(`tried: ${ends.join("; ") || "never"}`)
  return `${first}; the metadata came from another`
}

export const honestMagnet = (stage: Stage) => stageMagnet(stage, null)
