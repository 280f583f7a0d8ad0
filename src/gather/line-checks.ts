/**
 * Dial after dial is silent: did our own line go? Somebody who answered before is dialled once more. Where that one answers, the
 * silence was the others'; where nobody is met any more, or that one was silent too, it counts for nothing (`lineWasUp` in measure/).
 */
import type { Attempt, Endpoint, Family } from "../evidence.ts"
import { failure } from "../failure.ts"
import { limits } from "../limits.ts"
import type { Network } from "../network.ts"
import { dial } from "../wire/dial.ts"
import type { Swarm } from "../wire/session.ts"
import type { Pacer } from "./pacer.ts"
import { offered, ownDials, peerIdOf, startAttempt, type Entry } from "./peer-book.ts"
import type { Sockets } from "./sockets.ts"
import { isSilence, wayOf } from "./ways.ts"

export interface LineChecksContext {
  readonly swarm: Swarm
  readonly book: ReadonlyMap<Endpoint, Entry>
  readonly network: Network
  readonly signal: AbortSignal
  readonly open: Sockets
  readonly pacer: Pacer
  /** ms since the run started. */
  readonly now: () => number
}

export interface LineChecks {
  /** A dial of it is over. Resolves when the check that it gave rise to is over, too. */
  after(entry: Entry): Promise<void>
}

interface Line {
  /** Who went unanswered from their first dial on, and when that was, ms since the run started. */
  unanswered: Map<Entry, number>
  met: boolean
  checking: boolean
  checks: number
  /** When the last one began, ms since the run started. */
  checkedMs: number
}

const wentUnanswered = ({ failure: why }: Attempt) => why !== null && isSilence(why)
const isOver = ({ failure: why }: Attempt) => why !== null
const lastWorked = (entry: Entry) => ownDials(entry).findLast(({ ok }) => ok)

export function createLineChecks(context: LineChecksContext): LineChecks {
  const { book, network, signal, open, now } = context
  const quiet: Swarm = { ...context.swarm, pex: false }
  Reflect.deleteProperty(quiet, "onHolepunch")
  const lines = new Map<Family, Line>()
  const checked = new Map<Entry, number>()

  function lineOf(family: Family): Line {
    const known = lines.get(family)
    if (known) return known
    const line = { unanswered: new Map(), met: false, checking: false, checks: 0, checkedMs: -Infinity }
    lines.set(family, line)
    return line
  }

  /** How many went unanswered, and nobody was met after that. */
  function unexplained({ unanswered }: Line, family: Family): number {
    let lastMs = -Infinity
    for (const entry of book.values()) {
      if (entry.family !== family) continue
      for (const { atMs, ok } of ownDials(entry)) if (ok) lastMs = Math.max(lastMs, atMs)
      if (entry.session !== null) lastMs = Math.max(lastMs, entry.attempts.at(-1)?.atMs ?? lastMs)
    }
    for (const [entry, atMs] of unanswered) if (atMs <= lastMs) unanswered.delete(entry)
    return unanswered.size
  }

  /** A peer of one address whom nobody is with, and who may be dialled now. */
  function isFree(entry: Entry): boolean {
    const { session, barred, namesake, otherHomeCount, attempts } = entry
    if (session !== null || barred !== null || namesake !== null || otherHomeCount > 0) return false
    if (open.busy(entry.address) || (checked.get(entry) ?? 0) >= limits.contact.lineChecksPerPeer)
      return false
    return attempts.every(isOver) && endOf(entry) <= now() - limits.peer.redialMs
  }

  const endOf = ({ attempts }: Entry) => Math.max(...attempts.map(({ atMs, ms }) => atMs + ms))

  /** Who was dialled least, and of those who answered last. */
  function somebody(family: Family): Entry | null {
    const [entry] = [...book.values()]
      .filter((each) => each.family === family && lastWorked(each) !== undefined && isFree(each))
      .toSorted((a, b) => a.attempts.length - b.attempts.length || endOf(b) - endOf(a))
    return entry ?? null
  }

  async function check(line: Line, family: Family): Promise<void> {
    const waitMs = Math.max(line.checkedMs + limits.contact.lineCheckMs - now(), 0)
    if (waitMs > 0) await network.sleep(waitMs, signal)
    if (somebody(family) === null) await network.sleep(limits.peer.redialMs, signal)
    const turnMs = somebody(family) === null ? 0 : context.pacer.reserve() - network.now()
    if (turnMs > 0) await network.sleep(turnMs, signal)
    line.checkedMs = now()
    const entry = signal.aborted || open.full ? null : somebody(family)
    if (entry === null) return
    line.checks++
    checked.set(entry, (checked.get(entry) ?? 0) + 1)
    await open.hold(entry.address, "outgoing", () => greet(entry))
  }

  /** It says what it holds, is asked for nothing, and nothing of that counts but that it is there. */
  async function greet(entry: Entry): Promise<void> {
    const worked = lastWorked(entry)
    if (worked === undefined) return
    const way = wayOf(worked)
    const attempt = startAttempt(entry, { direction: "outgoing", ...offered(way) }, context)
    const dialled = await dial(quiet, entry.address, way, signal, () => entry.session === null)
    if (!dialled.ok) return attempt.finish(dialled.failure, false)
    const session = dialled.value
    entry.session = session
    attempt.agreed(session.record.encryption)
    const { ok } = await session.handshaken
    await session.claimed
    session.close(failure("idle"))
    const end = await session.ended
    if (entry.session === session) entry.session = null
    entry.checkBytes.read += session.record.bytes.read
    entry.checkBytes.written += session.record.bytes.written
    // Under another peer id it is somewhere, and maybe somebody else.
    attempt.finish(end, ok && session.record.peerId === peerIdOf(entry))
  }

  return {
    async after(entry) {
      const dials = ownDials(entry)
      const [first] = dials
      if (entry.family === null || first === undefined) return
      const line = lineOf(entry.family)
      line.met ||= dials.some(({ ok }) => ok)
      if (dials.every(wentUnanswered)) line.unanswered.set(entry, first.atMs)
      if (!line.met || line.checking || line.checks >= limits.contact.maxLineChecks) return
      const { silentRow } = limits.contact
      if (line.unanswered.size < silentRow || unexplained(line, entry.family) < silentRow) return
      line.checking = true
      await check(line, entry.family)
      line.checking = false
    },
  }
}
