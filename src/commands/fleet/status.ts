/** `fleet status`: where every torrent stands, from everywhere; the same as one page (`-o x.html`), metrics (`-o x.prom`) or JSON. */
import { promisify } from "node:util"
import { gzip } from "node:zlib"
import { plainJson } from "../../evidence/plain-json.ts"
import { InputError } from "../../failure.ts"
import { schemaVersion, type FleetStatus } from "../../report.ts"
import { checkWritable, writeWhole } from "../../store/snapshot-file.ts"
import { refuseTargets, type Command, type Context } from "../context.ts"
import { fileFormat } from "../deliver/outputs.ts"
import { outputOptions, type OutputOptions } from "../request.ts"
import { version } from "../version.ts"
import { isBegun, withFleet } from "./places.ts"

export const status: Command = async (context) => {
  refuseTargets(context, "fleet status")
  const output = outputOptions(context.flags)
  for (const file of output.files) {
    formatOf(fileFormat(file))
    await checkWritable(file)
  }
  const printed = formatOf(output.format)
  const found = isBegun(context) ? await withFleet(context, (fleet) => fleet.status()) : nothing()
  for (const file of output.files) await save(file, found, output, context)
  context.terminal.out(await rendered(printed, found, output, context))
  return 0
}

/** Who only asks makes no file. */
const nothing = (): FleetStatus => ({
  at: new Date().toISOString(),
  torrents: [],
  vantages: [],
  queue: { waiting: 0, running: 0, retrying: 0, oldestDueAt: null, doneLastDay: 0, failedLastDay: 0 },
})

type Format = "text" | "json" | "prom" | "html"

function formatOf(format: string | null): Format {
  if (format === "text" || format === "json" || format === "prom" || format === "html") return format
  throw new InputError(
    "out-format",
    `fleet status has no format ${format}`,
    "Use text, json, prom or, for a file, html.",
  )
}

/** Metrics are for another user's program. */
const readableByAll = 0o644

async function save(
  path: string,
  found: FleetStatus,
  output: OutputOptions,
  context: Context,
): Promise<void> {
  const format = formatOf(fileFormat(path))
  const text = await rendered(format, found, output, context)
  const data = path.endsWith(".gz") ? await promisify(gzip)(text) : text
  await writeWhole(path, data, format === "prom" ? readableByAll : undefined)
}

async function rendered(
  format: Format,
  found: FleetStatus,
  { top, verbose }: OutputOptions,
  { terminal: { columns, color, ascii }, flags }: Context,
): Promise<string> {
  switch (format) {
    case "json":
      return `${plainJson({ schemaVersion, tool: { name: "torrent-audit", version }, ...found, error: null })}\n`
    case "prom":
      return (await import("../../render/fleet-prom.ts")).renderFleetProm(found)
    case "html":
      return (await import("../../render/overview.ts")).renderOverview(found, { version })
    case "text": {
      const { renderFleetStatus } = await import("../../render/fleet-status.ts")
      const shown = flags.top === undefined ? shownTorrents : top
      return renderFleetStatus(found, { columns, color, ascii, top: shown, verbose })
    }
    default:
      return format satisfies never
  }
}

const shownTorrents = 50
