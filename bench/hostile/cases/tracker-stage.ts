/** An honest tracker with an honest seed, and beside it the tracker of the case: named by `--tracker`, as a torrent would. */
import type { Tracker } from "../../../src/evidence.ts"
import { limits } from "../../../src/limits.ts"
import type { Snapshot } from "../../../src/report.ts"
import type { HostileCase, Stage, Stranger } from "../case.ts"
import { stageSwarm, type SwarmStage } from "../swarm.ts"

export interface TrackerBehaviour {
  readonly id: string
  readonly does: string
  readonly bound: string
  /** What must be found in the words that the record has for its answers: «announce too-large: headers». */
  readonly expect: RegExp
  readonly timeoutSeconds?: number
  readonly args?: readonly string[]
  /** Starts it; its URL. */
  start(stage: Stage, swarm: SwarmStage): Promise<Played>
  /** Throws what else is wrong; may add a few words. */
  verify?(snapshot: Snapshot, tracker: Tracker): string
}

export interface Played {
  readonly url: string
  /** After the run: throws what it saw that must not be; or a few words. */
  readonly seen?: () => string
}

export const trackerCase = (stranger: Stranger, behaviour: TrackerBehaviour): HostileCase => ({
  id: behaviour.id,
  stranger,
  does: behaviour.does,
  bound: behaviour.bound,
  async stage(stage) {
    const swarm = await stageSwarm(stage)
    const { url, seen } = await behaviour.start(stage, swarm)
    return swarm.staged({
      args: ["--tracker", url, ...(behaviour.args ?? [])],
      timeoutSeconds: behaviour.timeoutSeconds ?? 12,
      check(snapshot) {
        const tracker = trackerAt(snapshot, url)
        const words = wordsOf(tracker)
        if (!behaviour.expect.test(words)) throw new Error(`the record says: ${words}`)
        return [words, behaviour.verify?.(snapshot, tracker), seen?.()].filter(Boolean).join("; ")
      },
    })
  },
})

/** By host and port: its URL may be masked. */
function trackerAt({ trackers }: Snapshot, url: string): Tracker {
  const host = new URL(url.replace(/^udp:/, "http:")).host
  const found = trackers?.find((tracker) => tracker.url.includes(host))
  if (!found) throw new Error(`no record of the tracker ${url}`)
  return found
}

/** All but the farewell. */
export const announcesOf = ({ announces }: Tracker): Tracker["announces"] =>
  announces.filter(({ event }) => event !== "stopped")

/** Throws unless there was nothing but the first announce. */
export function demandOne(tracker: Tracker): string {
  const count = announcesOf(tracker).length
  if (count !== 1) throw new Error(`${count} announces`)
  return "asked once"
}

/** Throws unless it gave a reason, of which no more was kept than a line can show. */
export function demandShort(text: string | null | undefined): string {
  const { length } = text ?? ""
  if (length === 0 || length > limits.tracker.maxReasonLength || /\p{Cc}/u.test(text ?? ""))
    throw new Error(`kept: ${JSON.stringify(text)}`)
  return `${length} characters kept`
}

/** `count` addresses that nobody has, each another one, from that one on (BEP 23): pace `lab` visits none of them. */
export function compactPeers(count: number, first = 0): Buffer {
  const bytes = Buffer.alloc(6 * count)
  for (let i = 0; i < count; i++) {
    bytes.writeUInt32BE(0x50_00_00_00 + first + i, 6 * i)
    bytes.writeUInt16BE(6_881, 6 * i + 4)
  }
  return bytes
}

/** «announce timeout; scrape bad-bencode: bad-length at byte 1» */
function wordsOf(tracker: Tracker): string {
  const { scrape } = tracker
  const said = [
    ...announcesOf(tracker).map((each) => ["announce", each] as const),
    ...(scrape ? [["scrape", scrape] as const] : []),
  ].map(([what, { ok, failure }]) =>
    ok
      ? `${what} ok`
      : `${what} ${[failure?.code, failure?.detail?.slice(0, 60)].filter(Boolean).join(": ")}`,
  )
  return [...new Set(said)].join("; ")
}

/** Throws unless it was recorded that this cap was hit. */
export function demandCap({ run }: Snapshot, cap: string): string {
  const hit = run?.capsHit.find((each) => each.cap === cap)
  if (!hit) throw new Error(`${cap} is not among what was left out: ${JSON.stringify(run?.capsHit)}`)
  return `${hit.dropped} left out (${cap})`
}
