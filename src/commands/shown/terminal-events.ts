/** What the terminal and its user do while we draw: ask how it stands, suspend us, take us back, end us. */
import { fstatSync } from "node:fs"
import { constants } from "node:os"
import { isatty } from "node:tty"
import type { Terminal } from "../context.ts"
import { isForeground } from "./foreground.ts"

export interface TerminalEvents {
  /** Enter, Ctrl-T (SIGINFO, where the system has it) or SIGUSR2: how does it stand? */
  asked: () => void
  /** The terminal echoed so many line ends. */
  lineEnds: (count: number) => void
  /** Before we stop, by Ctrl-Z; and once we go on. */
  suspended: () => void
  resumed: () => void
  /** The process ends without having come to our own end: nothing may be left on the screen. */
  exit: () => void
}

/** A job that runs in the background is brought to the front without being told. */
const lookMs = 1_000
/** A process that nobody could continue is not stopped (an orphaned process group): it goes on by itself. */
const notStoppedMs = 100

/** The result ends the watching. */
export function watchTerminal(
  { stderrIsTty }: Pick<Terminal, "stderrIsTty">,
  events: TerminalEvents,
): () => void {
  const keys = stderrIsTty ? watchEnter(events) : null
  const look = () => (isForeground() ? keys?.listen() : keys?.rest())
  let suspended = false
  const onStop = () => {
    suspended = true
    events.suspended()
    keys?.rest()
    process.off("SIGTSTP", onStop)
    // Now as the system does it. The signal that continues us is read before what `setImmediate` is given.
    process.kill(process.pid, "SIGTSTP")
    setTimeout(() => setImmediate(() => suspended && onContinue()), notStoppedMs).unref()
  }
  const onContinue = () => {
    if (suspended) process.on("SIGTSTP", onStop)
    suspended = false
    look()
    events.resumed()
  }
  const listeners: [NodeJS.Signals, () => void][] = [["SIGUSR2", events.asked]]
  if ("SIGINFO" in constants.signals) listeners.push(["SIGINFO", events.asked])
  if (stderrIsTty) listeners.push(["SIGTSTP", onStop], ["SIGCONT", onContinue])
  for (const [signal, act] of listeners) process.on(signal, act)
  process.on("exit", events.exit)
  look()
  const looking = setInterval(look, lookMs).unref()
  return () => {
    clearInterval(looking)
    for (const [signal, act] of listeners) process.off(signal, act)
    process.off("exit", events.exit)
    suspended = false
    keys?.rest()
  }
}

/**
 * Lines typed on standard input, the terminal as it is: nothing to restore, whatever ends us. A background job that reads would be
 * stopped (SIGTTIN); a pager behind our output reads the same keys, and they are meant for it.
 */
function watchEnter({ asked, lineEnds }: TerminalEvents): { listen(): void; rest(): void } | null {
  if (process.platform !== "linux" || !isatty(0) || isPiped(1)) return null
  const { stdin } = process
  let listening = false
  const onData = (typed: Buffer) => {
    lineEnds(typed.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0))
    asked()
  }
  const onError = () => {}
  return {
    listen() {
      if (listening || !isForeground()) return
      listening = true
      stdin.on("data", onData).on("error", onError)
      stdin.resume().unref()
    },
    rest() {
      if (!listening) return
      listening = false
      stdin.off("data", onData).off("error", onError)
      stdin.pause()
    },
  }
}

/** A file takes our output without reading keys. */
function isPiped(descriptor: number): boolean {
  try {
    const stat = fstatSync(descriptor)
    return stat.isFIFO() || stat.isSocket()
  } catch {
    return true
  }
}
