/** The end of the process while a name is looked up: its status, what it ran at its end, and the pipe as it was. */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { expect, test } from "vitest"

const leave = new URL("../../src/commands/leave.ts", import.meta.url).href
const program = `
  const { leave } = await import(${JSON.stringify(leave)})
  const { lookup } = await import("node:dns")
  process.on("exit", (code) => console.error("ran at exit " + code))
  process.stdout.write("whole\\n", () => {
    lookup("name.invalid", () => {})
    leave(3)
  })
`
const nonBlocking = 0o4000

test.skipIf(!existsSync("/proc/self/fdinfo"))("with a look-up in the air", () => {
  const script =
    '{ "$0" --input-type=module -e "$1"; echo "status $?" >&2; cat /proc/self/fdinfo/1 >&2; } | cat'
  const { stdout, stderr } = spawnSync("/bin/sh", ["-c", script, process.execPath, program], {
    encoding: "utf8",
  })
  expect(stdout).toBe("whole\n")
  expect(stderr).toContain("ran at exit 3\nstatus 3\n")
  const flags = Number.parseInt(/flags:\s*([0-7]+)/.exec(stderr)?.[1] ?? "", 8)
  expect(flags & nonBlocking).toBe(0)
})
