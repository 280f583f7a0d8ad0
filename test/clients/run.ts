/**
 * Audits swarms of real clients and compares the result with what the clients say. Linux, root, iproute2.
 *
 *   node test/clients/run.ts [--list] [--only NAME,NAME] [--keep] [--cli FILE]
 *
 * `--cli` audits with another build than this tree's. `--keep` leaves namespaces, clients and files as they are at the end,
 * for a look with `ip netns exec`; the next run removes them.
 */
import { spawnSync } from "node:child_process"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { drivers } from "./drivers/index.ts"
import { labProblem, openLab, type Lab } from "./netns.ts"
import type { Scenario } from "./scenario.ts"
import { scenarios } from "./scenarios/index.ts"
import type { Check } from "./table.ts"

const ownCli = fileURLToPath(new URL("../../bin/torrent-audit.js", import.meta.url))
const built = fileURLToPath(new URL("../../dist/cli.js", import.meta.url))

const { values } = parseArgs({
  options: {
    list: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    keep: { type: "boolean", default: false },
    cli: { type: "string", default: ownCli },
  },
})

function chosen(): readonly Scenario[] {
  const names = values.only.split(",").filter((name) => name !== "")
  const unknown = names.filter((name) => !scenarios.some((scenario) => scenario.name === name))
  if (unknown.length > 0) throw new Error(`no such scenario: ${unknown.join(", ")}`)
  return names.length === 0 ? scenarios : scenarios.filter((scenario) => names.includes(scenario.name))
}

/** Everything at once, so that one round of installing is enough. */
function notInstalled(): string[] {
  const commands = [
    "tc",
    "bridge",
    "nft",
    "opentracker",
    "tshark",
    "dumpcap",
    "nginx",
    ...drivers.map((driver) => driver.command),
  ]
  const missing = [...new Set(commands)].filter(
    (command) => spawnSync("sh", ["-c", `command -v ${command}`]).status !== 0,
  )
  const python = spawnSync("/usr/bin/python3", ["-c", "import libtorrent"]).status === 0
  return python ? missing : [...missing, "python3-libtorrent"]
}

const open = new Set<Lab>()

async function play(scenario: Scenario): Promise<Check[]> {
  const began = performance.now()
  const lines = [`${scenario.name}: ${scenario.title}`]
  let checks: Check[] = []
  const lab = await openLab({ keep: values.keep })
  open.add(lab)
  try {
    const tracker = await lab.addHost("tracker", { isolated: false })
    const auditor = await lab.addHost("auditor", { isolated: false })
    const outcome = await scenario.run({ lab, tracker, auditor, cli: values.cli })
    checks = outcome.checks
    lines.push(...outcome.tables.map((text) => `\n${text}`), "")
  } catch (error) {
    checks = [{ what: "ran", ok: false, detail: error instanceof Error ? error.message : String(error) }]
  }
  if (values.keep) lines.push(`  kept: ${lab.hosts.map((host) => host.namespace).join(" ")} ${lab.directory}`)
  await lab.close()
  open.delete(lab)
  for (const { ok, what, detail } of checks)
    if (!ok) lines.push(`  FAILED ${what}${detail === "" ? "" : `: ${detail}`}`)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  lines.push(`  ${checks.filter(({ ok }) => ok).length} of ${checks.length} checks passed, ${seconds} s\n`)
  console.log(lines.join("\n"))
  return checks
}

async function main(): Promise<number> {
  if (values.list) {
    for (const scenario of scenarios) console.log(`${scenario.name.padEnd(10)} ${scenario.title}`)
    return 0
  }
  const problem = labProblem()
  if (problem !== null) throw new Error(problem)
  const missing = notInstalled()
  if (missing.length > 0) throw new Error(`not installed: ${missing.join(", ")}`)
  const wanted = chosen()
  if (values.cli === ownCli && wanted.some(({ audits }) => audits) && !existsSync(built))
    throw new Error("dist/cli.js is missing: npm run build")

  const all: Check[] = []
  for (const beside of [0, 1, 6]) {
    const turns = wanted.filter((scenario) => scenario.beside === beside).values()
    const lane = async () => {
      for (const scenario of turns) all.push(...(await play(scenario)))
    }
    await Promise.all(Array.from({ length: 1 + beside }, lane))
  }
  const failed = all.filter(({ ok }) => !ok).length
  console.log(`${all.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)
  process.once(signal, () => {
    void Promise.allSettled([...open].map((lab) => lab.close())).then(() => process.exit(code))
  })

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
// What is kept would keep this process, too.
if (values.keep) process.exit()
