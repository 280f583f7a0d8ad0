/** The end of the process, at once. */
import { accessSync, constants } from "node:fs"

const shell = "/bin/sh"

/**
 * A look-up of a name can't be called off, and `process.exit` waits for those in the air: half a minute and more where no name server
 * answers. Whatever takes the process's place ends them; where nothing can, we wait.
 */
export function leave(status: number): never {
  if (process.getActiveResourcesInfo().includes("GetAddrInfoReqWrap") && hasShell()) {
    process.emit("exit", status)
    for (const stream of [process.stdout, process.stderr]) block(stream)
    process.execve?.(shell, [shell, "-c", `exit ${status}`], {})
  }
  process.exit(status)
}

/** As Node itself does at its end: who writes to the same pipe after us expects to wait until there is room. */
function block(stream: object): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?(on: boolean): void } | null }
  handle?.setBlocking?.(true)
}

function hasShell(): boolean {
  if (process.platform === "win32") return false
  try {
    accessSync(shell, constants.X_OK)
    return true
  } catch {
    return false
  }
}
