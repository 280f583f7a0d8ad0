/** `schedule install <target…> --every 6h`: checked as far as it can be before it stands anywhere. */
import { existsSync } from "node:fs"
import { InputError } from "../../failure.ts"
import { renderInstalled } from "../../render/schedule.ts"
import { timeAfter } from "../../store/cron-expression.ts"
import { refuseControls, type Scheduled } from "../../store/scheduled.ts"
import { checkWritable } from "../../store/snapshot-file.ts"
import { installUnits, serviceOf, timerOf, whenInstalled } from "../../store/systemd.ts"
import { unitsOf } from "../../store/systemd/units.ts"
import type { Command, Context } from "../context.ts"
import { directoriesIn } from "../deliver/directories.ts"
import { outputOptions, storeOf } from "../request.ts"
import { absoluteTarget, auditWords, carriedEnvironment, program } from "./command-line.ts"
import { expressionOf } from "./expression.ts"
import { checkedId } from "./identity.ts"
import { onOf, placesOf, type Places } from "./places.ts"

export const install: Command = async (context) => {
  const { flags, terminal, said = { flags } } = context
  const [text] = lastOf(flags.every)
  if (context.targets.length === 0 || text === undefined)
    throw new InputError(
      "usage",
      "schedule install needs a target and --every",
      "torrent-audit schedule install x.torrent --every 6h",
    )
  const on = onOf(flags) ?? "cron"
  const mailto = mailtoOf(context, on)
  refusePassword(storeOf(flags))
  const targets = context.targets.map(absoluteTarget)
  const isDryRun = flags["dry-run"] === true
  await checkOutputs(flags)
  const id = await checkedId(targets, context)
  const expression = expressionOf(text, id)
  const environment = carriedEnvironment(context.environment)
  const words = [...program(), ...(await auditWords(said, targets))]
  refuseControls([...words, ...Object.values(environment)])
  const scheduled: Scheduled = { on, id, expression: expression.text, environment, words, mailto }
  const places = placesOf(context)
  const shown =
    on === "cron"
      ? await places.crontab.install(scheduled, { dryRun: isDryRun })
      : unitTexts(scheduled, places)
  if (isDryRun) {
    terminal.out(shown)
    return 0
  }
  if (on === "systemd") await installUnits(places.units, scheduled)
  const next = await timeAfter(expression, new Date())
  terminal.out(renderInstalled({ ...scheduled, next, shown }, terminal))
  for (const note of notesOn(scheduled, places)) terminal.err(`note: ${note}\n`)
  return 0
}

/** What stands in a crontab or a unit is read by others, and copied. */
function refusePassword(store: string | null): void {
  const url = store === null ? null : URL.parse(store)
  if (url === null || (url.password === "" && !/[?&](ssl)?password=/i.test(url.search))) return
  throw new InputError(
    "usage",
    "the password of --store would stand in the schedule",
    "Put it into ~/.pgpass.",
  )
}

const lastOf = (given: readonly string[] | true | undefined): string[] =>
  given === undefined || given === true ? [] : given.slice(-1)

async function checkOutputs(flags: Context["flags"]): Promise<void> {
  const { flags: files } = await directoriesIn(flags)
  for (const file of outputOptions(files).files) await checkWritable(file)
}

/** As Debian's cron takes it, and without `%`. */
function mailtoOf({ flags }: Pick<Context, "flags">, on: Scheduled["on"]): string | null {
  const [address] = lastOf(flags.mailto)
  if (address === undefined) return null
  if (on === "systemd")
    throw new InputError(
      "usage",
      "--mailto is cron's",
      "systemd mails nothing: let OnFailure= of a drop-in tell you.",
    )
  if (/^[A-Za-z0-9_.+][\w.+:,=/@-]*$/.test(address)) return address
  throw new InputError(
    "bad-value",
    `--mailto ${address}: not an address`,
    "Use me@example.org, or a user's name.",
  )
}

function unitTexts(scheduled: Scheduled, { units }: Places): string {
  const { service, timer } = unitsOf(scheduled, units.forMachine)
  const file = (name: string, text: string) => `==> ${units.directory}/${name} <==\n${text}`
  return `${file(serviceOf(scheduled.id), service)}\n${file(timerOf(scheduled.id), timer)}`
}

/** Where a program that updates itself lives for one version only. */
const passing = /\/(?:_npx|\.nvm|\.volta|\.asdf|\.fnm|fnm_multishells|Cellar|node_modules\/(?:node|\.bin))\//

function* notesOn({ on, id, words }: Scheduled, { units }: Places): Generator<string> {
  const gone = words.slice(0, 2).find((word) => passing.test(word))
  if (gone !== undefined) yield `an update may take ${gone} away: install the schedule again then`
  if (on === "cron" && !existsSync("/usr/sbin/sendmail"))
    yield "no mail program (/usr/sbin/sendmail): cron drops what the audits print; `torrent-audit history` has them"
  if (on !== "systemd") return
  if (!units.runs)
    yield `systemd does not run here. Where it does: ${whenInstalled(units, id)
      .map((each) => each.join(" "))
      .join(" && ")}`
  if (!units.forMachine)
    yield "your timers run only while you are logged in, unless you allow it: loginctl enable-linger"
}
