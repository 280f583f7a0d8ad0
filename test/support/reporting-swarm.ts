/** A simulated swarm that downloads, is visited, and announces: what the log and the visits say of it, honest but for planted lies. */
import type { AnnounceReport, Evidence, Peer, Reading } from "../../src/evidence.ts"
import { aRun, aSightedPeer, aTorrent, aTracker, anAnnounce, anEvidence, startedAt } from "./builders.ts"

export interface FalseFigures {
  uploadedFactor?: number
  uploadedBytesPerSecond?: number
  downloadedFactor?: number
  leftBytes?: number | "all"
}

export interface SwarmPlan {
  /** Of each peer, by its number; the rest are honest. */
  lies?: Readonly<Record<number, FalseFigures>>
  peers?: number
  files?: 1 | 2
  /** Restarts, checks of files that find pieces gone, super-seeders, magnets, announces sent again: at their usual odds. */
  odd?: boolean
}

const pieceBytes = 64 * 1024
const stepMs = 2_000
/** The run begins so long after the log does. */
const beforeMs = 240_000
const visitedMs = 120_000
/** And the log ends so long after the run. */
const afterMs = 80_000

interface Client {
  readonly address: string
  readonly rate: number
  readonly announceMs: number
  readonly superSeeding: boolean
  readonly magnet: boolean
  /** Held, in pieces; `begun` bytes of others. */
  held: number
  begun: number
  uploaded: number
  downloaded: number
  peerId: string
  nextMs: number
  bornMs: number
  event: AnnounceReport["event"]
  offUntilMs: number
  readonly trace: { ms: number; held: number; peerId: string }[]
}

export function simulateSwarm(random: () => number, plan: SwarmPlan = {}): Evidence {
  const { lies = {}, peers = 7, files = 1, odd = true } = plan
  const pieceCount = 60 + Math.floor(random() * random() * 1_500)
  const sizeBytes = pieceCount * pieceBytes - Math.floor(random() * pieceBytes)
  const chance = (p: number) => odd && random() < p
  const id = () => Array.from({ length: 40 }, () => Math.floor(random() * 16).toString(16)).join("")
  const clients = Array.from({ length: peers }, (_, i): Client => {
    const seeds = i < 2
    const announceMs = 15_000 + random() * 60_000
    return {
      address: `203.0.113.${i + 1}:6881`,
      rate: 20_000 + random() * random() * 400_000,
      announceMs,
      superSeeding: seeds && chance(0.2),
      magnet: !seeds && chance(0.2),
      held: seeds ? pieceCount : Math.floor(random() * random() * pieceCount),
      begun: 0,
      uploaded: 0,
      downloaded: 0,
      peerId: id(),
      nextMs: -beforeMs + random() * announceMs,
      bornMs: -beforeMs,
      event: "started",
      offUntilMs: -Infinity,
      trace: [],
    }
  })
  const offsetMs = Math.round((random() - 0.5) * 40_000)
  const reports: AnnounceReport[] = []
  const logged = (ms: number) => new Date(Date.parse(startedAt) + ms + offsetMs).toISOString()

  function announce(client: Client, ms: number): void {
    const lie = lies[clients.indexOf(client)] ?? {}
    const missing = Math.max(0, sizeBytes - client.held * pieceBytes - client.begun)
    const honestLeft = client.magnet && client.event === "started" ? 16_384 : missing
    const seconds = (ms - client.bornMs) / 1_000
    // The first try was lost; the next has the same figures.
    const resentMs = client.event === "update" && chance(0.05) ? random() * 45_000 : 0
    reports.push({
      at: logged(ms + resentMs),
      address: client.address,
      peerId: client.peerId,
      event: client.event,
      uploadedBytes: Math.round(
        client.uploaded * (lie.uploadedFactor ?? 1) + (lie.uploadedBytesPerSecond ?? 0) * seconds,
      ),
      downloadedBytes: Math.round(client.downloaded * (lie.downloadedFactor ?? 1)),
      leftBytes: lie.leftBytes === "all" ? sizeBytes : (lie.leftBytes ?? honestLeft),
    })
    client.event = "update"
    client.nextMs = ms + resentMs + client.announceMs
  }

  function restart(client: Client, ms: number): void {
    if (random() < 0.5) {
      client.event = "stopped"
      announce(client, ms)
    }
    client.offUntilMs = ms + random() * 20_000
    client.nextMs = client.offUntilMs + random() * 3_000
    client.peerId = id()
    client.event = "started"
    client.bornMs = ms
    client.uploaded = client.downloaded = client.begun = 0
    if (random() < 0.2) client.held = Math.floor(client.held * random())
  }

  for (let ms = -beforeMs; ms < visitedMs + afterMs; ms += stepMs) {
    for (const client of clients) {
      if (client.offUntilMs > ms) continue
      if (chance(0.001)) restart(client, ms)
      // A check of its files finds some gone, and nobody is told.
      else if (chance(0.0005)) client.held = Math.floor(client.held * random())
      const wants = sizeBytes - client.held * pieceBytes - client.begun
      if (wants > 0) {
        const bytes = Math.min(wants, (client.rate * stepMs) / 1_000)
        const wasted = random() < 0.05 ? bytes * 0.3 : 0
        client.downloaded += bytes + wasted
        const giver = clients[Math.floor(random() * clients.length)]
        if (giver && giver !== client) giver.uploaded += bytes + wasted
        client.begun += bytes
        const kept = Math.min(4 * pieceBytes, wants - bytes > 0 ? random() * 6 * pieceBytes : 0)
        const whole = Math.floor(Math.max(0, client.begun - kept) / pieceBytes)
        client.held = Math.min(pieceCount, client.held + whole)
        client.begun = client.held === pieceCount ? 0 : client.begun - whole * pieceBytes
        if (client.held * pieceBytes + client.begun >= sizeBytes) {
          client.held = pieceCount
          client.begun = 0
          client.event = "completed"
          client.nextMs = ms
        }
      }
      if (ms >= client.nextMs) announce(client, ms)
      client.trace.push({ ms, held: client.held, peerId: client.peerId })
    }
    if (ms === 0) reports.push(ours(logged(40)))
  }
  const split = Math.floor(pieceCount / 2)
  return anEvidence({
    run: aRun({ durationMs: visitedMs }),
    torrent: aTorrent({
      private: true,
      sizeBytes,
      pieceBytes,
      pieceCount,
      files:
        files === 1
          ? [{ path: "a", sizeBytes, firstPiece: 0, lastPiece: pieceCount - 1, pad: false }]
          : [
              { path: "a", sizeBytes: split * pieceBytes, firstPiece: 0, lastPiece: split - 1, pad: false },
              {
                path: "b",
                sizeBytes: sizeBytes - split * pieceBytes,
                firstPiece: split,
                lastPiece: pieceCount - 1,
                pad: false,
              },
            ],
    }),
    trackers: [aTracker({ announces: [anAnnounce({ atMs: 0, ms: 80 })] })],
    peers: clients.map((client) => visited(client, random, pieceCount)),
    announceLog: {
      reports: reports.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
      lines: reports.length,
      unreadable: 0,
      dropped: 0,
    },
  })
}

const ours = (at: string): AnnounceReport => ({
  at,
  address: "198.51.100.9:51413",
  peerId: `2d5441303130302d${"f".repeat(24)}`,
  event: "started",
  uploadedBytes: 0,
  downloadedBytes: 0,
  leftBytes: 1,
})

/** One to three visits; HAVEs come up to three seconds late; a restart ends a visit. */
function visited(
  { address, trace, superSeeding, ...client }: Client,
  random: () => number,
  all: number,
): Peer {
  const readings: Reading[] = []
  let from = random() * 20_000
  for (let visit = 0; visit < 1 + random() * 3 && from < visitedMs; visit++) {
    const lateMs = random() * 3_000
    const until = Math.min(visitedMs, from + 5_000 + random() * 60_000)
    const begin = trace.findLast(({ ms }) => ms <= from)
    if (!begin || begin.ms < from - 2 * stepMs) {
      from = until
      continue
    }
    const seen = trace.filter(
      ({ ms, peerId }) => ms >= begin.ms && ms + lateMs < until && peerId === begin.peerId,
    )
    const events: Reading["events"] = []
    let count = superSeeding ? 0 : begin.held
    let toMs = Math.min(until, (seen.at(-1)?.ms ?? from) + stepMs)
    for (const { ms, held } of seen) {
      const shown = superSeeding ? Math.min(all, Math.floor((ms - begin.ms) / 1_000)) : held
      // Pieces that a check found gone are not taken back: the client reconnects instead.
      if (shown < count) {
        toMs = Math.max(from, ms - stepMs)
        break
      }
      if (shown > count) events.push({ atMs: Math.max(from, ms + lateMs), count: shown })
      count = shown
    }
    readings.push({
      fromMs: from,
      toMs,
      fromCount: superSeeding ? 0 : begin.held,
      toCount: count,
      gained: count,
      withdrawn: 0,
      gone: 0,
      peerId: begin.peerId,
      events: events.slice(0, 256),
    })
    from = until + random() * 20_000
  }
  return aSightedPeer(Number(address.split(/[.:]/)[3]), {
    stage: "claimed",
    outcome: "ok",
    peerId: readings.at(-1)?.peerId ?? client.peerId,
    readings,
  })
}
