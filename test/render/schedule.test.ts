import { describe, expect, it } from "vitest"
import { renderInstalled, renderSchedule, type ScheduleRow } from "../../src/render/schedule.ts"

const at = (text: string) => new Date(`2026-03-14T${text}:00`).toISOString()
const row = (rest: Partial<ScheduleRow> = {}): ScheduleRow => ({
  id: "9f86d081",
  on: "cron",
  expression: "17 */6 * * *",
  nextAt: at("12:17"),
  last: { at: at("06:17"), exit: 1, error: null },
  targets: ["/srv/x.torrent"],
  ...rest,
})
const screen = { columns: 80, ascii: false, stdoutIsTty: true }

describe("renderSchedule", () => {
  it("says when, what came of it, and what is audited", () => {
    const rows = [
      row(),
      row({
        id: "00000001",
        on: "systemd",
        last: { at: at("06:17"), exit: null, error: "locked" },
        targets: [],
      }),
    ]
    expect(renderSchedule(rows, screen)).toBe(
      [
        "9f86d081  cron     17 */6 * * *  next 2026-03-14 12:17  last 2026-03-14 06:17 WARNING",
        "          /srv/x.torrent",
        "00000001  systemd  17 */6 * * *  next 2026-03-14 12:17  last 2026-03-14 06:17 locked",
        "          (its line was changed by hand)",
        "",
      ].join("\n"),
    )
    expect(renderSchedule([], screen)).toBe("Nothing is scheduled.\n")
  })

  it("cuts a long target to a terminal's width, and nothing for a pipe; hostile names stay text", () => {
    const rows = [row({ targets: [`/srv/\u001b[31m\u202e${"x".repeat(200)}`], last: null, nextAt: null })]
    const [head, named] = renderSchedule(rows, screen).split("\n")
    expect([head, named?.length]).toEqual(["9f86d081  cron  17 */6 * * *", 80])
    const piped = renderSchedule(rows, { ...screen, stdoutIsTty: false })
    expect(piped).toContain("x".repeat(200))
    // oxlint-disable-next-line no-control-regex
    expect(piped).not.toMatch(/[\u001b\u202e]/)
  })
})

it("shows what was installed as it stands there", () => {
  const shown = "# >>> torrent-audit 9f86d081\n17 * * * * x\n# <<< torrent-audit 9f86d081\n"
  const said = renderInstalled({ id: "9f86d081", on: "cron", next: new Date(at("12:17")), shown }, screen)
  expect(said).toBe(`Scheduled 9f86d081 by cron, next at 2026-03-14 12:17\n\n${shown}`)
})
