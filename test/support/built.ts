/** The command line built as for the package, once for a whole run of tests: it starts in a third of the time, and is what users get. */
import type { TestProject } from "vitest/node"
import { buildProgram } from "./build-program.ts"

declare module "vitest" {
  export interface ProvidedContext {
    /** The program's path. */
    cli: string
  }
}

export default async function built(project: TestProject): Promise<() => void> {
  const program = await buildProgram()
  project.provide("cli", program.path)
  return () => program.remove()
}
