/** The process that fuzzes one target: a loop of mutation, run and look at the coverage, until the time is over. */
import { writeFileSync } from "node:fs"
import { setImmediate as turn } from "node:timers/promises"
import { corpusBounds, corpusOf, fewFiles, foundOf, readInputs, writeInputs } from "./corpus.ts"
import { blockCount, forget, modules, words } from "./coverage.ts"
import { keepCrash, shrink, signature, textOf } from "./crash.ts"
import { mutate } from "./mutate.ts"
import { createPool } from "./pool.ts"
import { seeded } from "./random.ts"
import { targetsIn } from "./targets.ts"
import { watch } from "./watchdog.ts"

export interface Order {
  file: string
  name: string
  seconds: number
  /** As many at most, however much time is left. */
  runs?: number
  seed: number
  crashFolder: string
  /** Where the last word goes: JSON, `Progress` with `kind` done. */
  resultFile: string
  minimise: boolean
}

export interface Progress {
  kind: "progress" | "done"
  executions: number
  seconds: number
  cpuSeconds: number
  blocks: number
  blocksTotal: number
  features: number
  corpus: number
  /** Kept files of inputs that broke something. */
  crashes: string[]
  /** Of each instrumented file: the branches that were taken, and how many it has. Only when done. */
  files?: Record<string, { taken: number[]; count: number }>
}

const defaultMaxBytes = 4_096
/** Between two turns of the event loop, for targets that never wait. */
const turnMs = 50
const progressMs = 2_000
const shrinkTries = 1_500
/** Of CPU time for one run. */
const slowMs = 4
/** Of one process: the same few things break again and again. */
const maxCrashes = 20

async function fuzz(order: Order): Promise<void> {
  const target = (await targetsIn(order.file)).find(({ name }) => name === order.name)
  if (!target) throw new Error(`no target ${order.name} in ${order.file}`)
  const maxBytes = target.maxBytes ?? defaultMaxBytes
  const random = seeded(order.seed)
  const pool = createPool()
  const guard = watch(order.crashFolder, target.name, Math.max(maxBytes, 1 << 20))
  const crashes = new Map<string, string>()
  let executions = 0
  let unexpected: unknown = null
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.on(event, (error) => {
      unexpected ??= error ?? new Error(event)
    })

  /** What it threw, null where all is well. */
  const attempt = async (bytes: Uint8Array): Promise<unknown> => {
    forget()
    executions++
    guard.begin(bytes)
    try {
      const running = target.run(bytes.slice())
      if (running) await running
    } catch (error) {
      // What it says already: else it would be the next input's.
      unexpected = null
      return error ?? new Error("threw nothing")
    } finally {
      guard.end()
    }
    const late = unexpected
    unexpected = null
    return late
  }
  const tryOut = async (bytes: Uint8Array): Promise<void> => {
    const error = await attempt(bytes)
    if (error === null) {
      pool.offer(bytes)
      return
    }
    const kind = signature(error)
    if (crashes.has(kind) || crashes.size >= maxCrashes) return
    const small = await shrink(bytes, shrinkTries, async (candidate) => {
      const again = await attempt(candidate)
      return again !== null && signature(again) === kind
    })
    crashes.set(kind, keepCrash(order.crashFolder, target.name, "throw", small, textOf(error)))
  }

  for (const bytes of [...readInputs(corpusOf(target.name)), ...target.seeds()]) await tryOut(bytes)
  for (const bytes of readInputs(foundOf(target.name))) await tryOut(bytes)
  if (pool.entries.length === 0) await tryOut(new Uint8Array())

  const dictionary = [...(target.dictionary ?? []), ...words].map((word) => Buffer.from(word))
  const startedAt = performance.now()
  const cpuAtStart = process.cpuUsage()
  const secondsSo = () => (performance.now() - startedAt) / 1_000
  const progress = (kind: Progress["kind"]): Progress => {
    const { user, system } = process.cpuUsage(cpuAtStart)
    return {
      kind,
      executions,
      seconds: secondsSo(),
      cpuSeconds: (user + system) / 1_000_000,
      blocks: pool.covered().size,
      blocksTotal: blockCount(),
      features: pool.features(),
      corpus: pool.entries.length,
      crashes: [...crashes.values()],
    }
  }
  process.send?.(progress("progress"))
  let turnedAt = performance.now()
  let toldAt = performance.now()
  while (secondsSo() < order.seconds && executions < (order.runs ?? Infinity)) {
    const base = pool.pick(random)
    await tryOut(mutate(base, { random, maxBytes, words: dictionary, other: () => pool.pick(random) }))
    const now = performance.now()
    if (now - turnedAt < turnMs) continue
    await turn()
    turnedAt = performance.now()
    if (now - toldAt < progressMs) continue
    process.send?.(progress("progress"))
    toldAt = now
  }

  const done = { ...progress("done"), files: filesOf(pool.covered()) }
  writeInputs(
    foundOf(target.name),
    pool.entries.filter(({ owned }) => owned > 0).map(({ bytes }) => bytes),
  )
  const isSlow = (1_000 * done.cpuSeconds) / done.executions > slowMs
  const within = isSlow ? { ...corpusBounds, files: fewFiles[target.group] } : corpusBounds
  if (order.minimise) writeInputs(corpusOf(target.name), pool.chosen(within))
  // A file, as a message may be lost with the process that sent it.
  writeFileSync(order.resultFile, JSON.stringify(done))
  process.exit(0)
}

function filesOf(covered: ReadonlySet<number>): NonNullable<Progress["files"]> {
  return Object.fromEntries(
    modules.map(({ file, first, count }) => {
      const own = Array.from({ length: count }, (_, at) => at)
      return [file, { taken: own.filter((at) => covered.has(first + at)), count }]
    }),
  )
}

try {
  await fuzz(JSON.parse(process.argv[2] ?? "{}") as Order)
} catch (error) {
  // What targets leave behind is listened for: an error of the fuzzer's own would be taken for theirs.
  process.stderr.write(`${textOf(error)}\n`)
  process.exit(1)
}
