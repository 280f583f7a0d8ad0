/** A program of the system, as a user would call it. */
import { spawn } from "node:child_process"

export interface Told {
  status: number | null
  out: string
  err: string
}

export function tool(program: string, args: readonly string[], input = ""): Promise<Told> {
  const { promise, resolve, reject } = Promise.withResolvers<Told>()
  const child = spawn(program, args, { stdio: "pipe", env: { PATH: process.env["PATH"], LANG: "C.UTF-8" } })
  let [out, err] = ["", ""]
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text))
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text))
  child.on("error", reject)
  child.on("close", (status) => resolve({ status, out, err }))
  child.stdin.on("error", () => {})
  child.stdin.end(input)
  return promise
}
