/** An audit as it runs, shown on standard error. */
import type { Evidence, Progress } from "../evidence.ts"
import { gather, type GatherOptions, type GatherTools, type Target } from "../gather.ts"
import { realNetwork, type Network } from "../network.ts"
import { createProgress } from "../render/progress.ts"
import { statusLine } from "../render/status-line.ts"
import type { Context } from "./context.ts"
import { bindAddresses, type OutputOptions } from "./request.ts"

/** Gathers with whatever progress display the flags and the terminal ask for. */
export async function gatherShown(
  target: Target,
  options: GatherOptions,
  memory: Pick<GatherTools, "answers" | "nodes" | "openReference">,
  output: Pick<OutputOptions, "progress">,
  context: Context,
  network: Network = realNetwork({ bind: bindAddresses(context.flags), families: options.families }),
): Promise<Evidence> {
  const { terminal, stop } = context
  const mode = output.progress === "auto" ? (terminal.stderrIsTty ? "live" : "none") : output.progress
  const progress = createProgress(mode, {
    write: terminal.err,
    columns: () => process.stderr.columns ?? 80,
    rows: () => process.stderr.rows ?? 24,
    ascii: terminal.ascii,
    color: terminal.errorColor,
  })
  let latest: Progress | null = null
  const sayStatus = () => {
    if (latest) progress.message(statusLine(latest))
  }
  const sayStopping = () =>
    progress.message("Stopping: finishing the record; press Ctrl-C again to quit now.")
  process.on("SIGUSR2", sayStatus)
  stop.addEventListener("abort", sayStopping, { once: true })
  try {
    return await gather(target, options, {
      network,
      ...memory,
      onProgress: (now) => {
        latest = now
        progress.update(now)
      },
      stop,
    })
  } finally {
    process.off("SIGUSR2", sayStatus)
    stop.removeEventListener("abort", sayStopping)
    progress.done()
  }
}
