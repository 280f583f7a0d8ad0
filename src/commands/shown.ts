/** Audits as they run, shown on standard error. */
import type { Evidence, Progress } from "../evidence.ts"
import { gather, type GatherOptions, type GatherTools, type Target } from "../gather.ts"
import { realNetwork, type Network } from "../network.ts"
import type { LiveBlock, Screen } from "../render/live-block.ts"
import { manyProgress, manyStatusLine, type ManyProgress } from "../render/many-progress.ts"
import { createProgress, type ProgressMode } from "../render/progress.ts"
import { statusLine } from "../render/status-line.ts"
import type { Context } from "./context.ts"
import { isForeground } from "./shown/foreground.ts"
import { bindAddresses, type OutputOptions } from "./request.ts"
import { watchTerminal } from "./shown/terminal-events.ts"

/** Gathers with whatever progress display the flags and the terminal ask for. */
export async function gatherShown(
  target: Target,
  options: GatherOptions,
  memory: Pick<GatherTools, "answers" | "nodes" | "openReference">,
  output: Pick<OutputOptions, "progress" | "events">,
  context: Context,
  network: Network = realNetwork({ bind: bindAddresses(context.flags), families: options.families }),
): Promise<Evidence> {
  const shown = showOne(context, output)
  try {
    return await gather(target, options, {
      network,
      ...memory,
      onProgress: shown.update,
      ...(output.events && { onEvent: output.events.take }),
      stop: context.stop,
    })
  } finally {
    shown.done()
  }
}

/**
 * One line for many audits: `12 of 41 audited   3 running: name, name…   ▲2 ✗1   about 0:40`.
 * `update` whenever anything changed, `message` for a line that stays (what else is printed meanwhile tears the display), `done` once,
 * in a `finally`. It answers Enter, Ctrl-T and SIGUSR2, and says that it is stopping.
 */
export function showMany(
  context: Context,
  output: Pick<OutputOptions, "progress">,
): { update(state: ManyProgress): void; message(text: string): void; done(): void } {
  return shown(context, manyProgress(modeOf(context, output), screenOf(context)), manyStatusLine)
}

const showOne = (context: Context, output: Pick<OutputOptions, "progress">) =>
  shown<Progress>(context, createProgress(modeOf(context, output), screenOf(context)), statusLine)

/** On a terminal that can't move its cursor, and through a pipe, nothing unless asked for. */
function modeOf(
  { terminal, environment }: Context,
  { progress }: Pick<OutputOptions, "progress">,
): ProgressMode {
  if (progress !== "auto") return progress
  return terminal.stderrIsTty && environment["TERM"] !== "dumb" ? "live" : "none"
}

const screenOf = ({ terminal }: Context): Screen => ({
  write: terminal.err,
  columns: () => process.stderr.columns ?? 80,
  rows: () => process.stderr.rows ?? 24,
  ascii: terminal.ascii,
  color: terminal.errorColor,
  ours: isForeground,
})

interface Display<T> extends Omit<LiveBlock, "changed"> {
  update(state: T): void
}

function shown<T>(
  { stop, terminal }: Context,
  display: Display<T>,
  status: (state: T) => string,
): Pick<Display<T>, "update" | "message" | "done"> {
  let latest: T | null = null
  const sayStopping = () => display.message("Stopping: finishing the record; press Ctrl-C again to quit now.")
  stop.addEventListener("abort", sayStopping, { once: true })
  const leave = watchTerminal(terminal, {
    asked: () => {
      if (latest !== null) display.message(status(latest))
    },
    lineEnds: display.lowered,
    suspended: display.hide,
    resumed: display.show,
    exit: display.done,
  })
  return {
    update(state) {
      latest = state
      display.update(state)
    },
    message: display.message,
    done() {
      leave()
      stop.removeEventListener("abort", sayStopping)
      display.done()
    },
  }
}
