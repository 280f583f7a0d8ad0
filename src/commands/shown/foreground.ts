/** Does the terminal listen to us, or are we a background job (`torrent-audit … &`, or `bg`) that should leave it alone? */
import { readFileSync } from "node:fs"

/**
 * Of proc_pid_stat(5): our process group and the terminal's foreground one. The name before them stands in brackets and may hold
 * anything. Where there is no /proc we can't know, and take it for ours.
 */
export function isForeground(stat: () => string = ownStat): boolean {
  try {
    const text = stat()
    const [, , , group, , , foreground] = text.slice(text.lastIndexOf(")") + 1).split(" ")
    return group === undefined || foreground === undefined || foreground === "-1" || group === foreground
  } catch {
    return true
  }
}

const ownStat = (): string => readFileSync("/proc/self/stat", "latin1")
