import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { cronEvery, nearestSayable } from "../../src/store/cron-every.ts"
import { parseCronExpression, timeAfter } from "../../src/store/cron-expression.ts"
import { calendarOf } from "../../src/store/systemd/calendar.ts"

describe("parseCronExpression", () => {
  it.each([
    ["17 */6 * * *", { minutes: [17], hours: [0, 6, 12, 18], bothDays: true }],
    [
      "  5-59/20  1,3-5,4 1 * *",
      { text: "5-59/20 1,3-5,4 1 * *", minutes: [5, 25, 45], hours: [1, 3, 4, 5] },
    ],
    ["0 0 1 JAN-mar Mon", { months: [1, 2, 3], weekdays: [1], bothDays: false }],
    ["0 0 * * 5-7", { weekdays: [0, 5, 6], bothDays: true }],
    ["0 0 */2 * 1", { days: expect.arrayContaining([1, 3, 31]), bothDays: true }],
    ["0 0 29 2 *", { days: [29], months: [2] }],
    ["0 0 30 2 mon", { bothDays: false }],
  ])("%s", (text, expected) => {
    expect(parseCronExpression(text)).toMatchObject(expected)
  })

  it.each([
    ["* * * * * *", "6 instead of 5 fields"],
    ["@daily", "1 instead of 5 fields"],
    ["60 * * * *", "60 is no minute"],
    ["* 24 * * *", "24 is no hour"],
    ["5/5 * * * *", "5/5 is no minute"],
    ["*/0 * * * *", "*/0 is no minute"],
    ["*/99 * * * *", "*/99 is no minute"],
    ["10-5 * * * *", "10-5 is no minute"],
    ["0 0 0 * *", "0 is no day of the month"],
    ["0 0 L * *", "l is no day of the month"],
    ["0 0 * 13 *", "13 is no month"],
    ["0 0 * * 8", "8 is no weekday"],
    ["0 0 * * jan", "jan is no weekday"],
    ["0 0 * * mon#2", "mon#2 is no weekday"],
    ["0 0 30 2 *", "no month of these has such a day"],
    ["0 0 31 4,6,9 *", "no month of these has such a day"],
    ["* * * *\n* ; x", "7 instead of 5 fields"],
  ])("%s is refused", (text, why) => {
    expect(() => parseCronExpression(text)).toThrow(
      expect.objectContaining({
        code: "bad-value",
        message: `--every ${text}: ${why}`,
        hint: expect.stringMatching(/^Use/),
      }),
    )
  })
})

describe("timeAfter", () => {
  const fits = (
    { minutes, hours, days, months, weekdays, bothDays }: ReturnType<typeof parseCronExpression>,
    at: Date,
  ) => {
    const [day, weekday] = [days.includes(at.getDate()), weekdays.includes(at.getDay())]
    return (
      minutes.includes(at.getMinutes()) &&
      hours.includes(at.getHours()) &&
      months.includes(at.getMonth() + 1) &&
      (bothDays ? day && weekday : day || weekday)
    )
  }

  it.each([
    "17 */6 * * *",
    "3-59/7 * * * *",
    "0 0 13 * 5",
    "0 0 */2 * 1",
    "30 2 * mar,oct sun",
    "0 4 * * 5-7",
    "5 1 29 2 *",
  ])("%s: croner comes when our own reading of the fields does, and not before", async (text) => {
    const expression = parseCronExpression(text)
    let at = new Date(2026, 1, 27, 23, 58, 30)
    for (let time = 0; time < 4; time++) {
      const next = await timeAfter(expression, at)
      if (next === null) throw new Error("never")
      expect(fits(expression, next)).toBe(true)
      const minutes = Math.min((next.getTime() - at.getTime()) / 60_000, 57_600)
      for (let minute = 1; minute < minutes; minute++) {
        const between = new Date(at.getTime() + minute * 60_000)
        between.setSeconds(0, 0)
        if (between > at && fits(expression, between)) throw new Error(`left out ${between.toISOString()}`)
      }
      at = next
    }
  })
})

describe("timeAfter in Berlin", () => {
  const zone = process.env["TZ"]
  beforeAll(() => {
    process.env["TZ"] = "Europe/Berlin"
  })
  afterAll(() => {
    if (zone === undefined) delete process.env["TZ"]
    else process.env["TZ"] = zone
  })

  it.each([
    [
      "what the clock skips comes when it goes on",
      "30 2 * * *",
      "2026-03-29T00:00:00Z",
      "2026-03-29T01:00:00Z",
    ],
    ["what it shows twice comes once", "30 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
    ["what comes every hour comes in both", "30 * * * *", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"],
  ])("%s", async (_, text, after, next) => {
    expect(await timeAfter(parseCronExpression(text), new Date(after))).toEqual(new Date(next))
  })
})

describe("cronEvery", () => {
  const minute = 60_000
  it.each([
    [minute, "* * * * *"],
    [15 * minute, "2-59/15 * * * *"],
    [60 * minute, "17 * * * *"],
    [360 * minute, "17 */6 * * *"],
    [1_440 * minute, "17 9 * * *"],
    [7 * 1_440 * minute, "17 9 * * 4"],
  ])("%d ms, spread by one number", (everyMs, text) => {
    expect(cronEvery(everyMs, 4 * 1_440 + 9 * 60 + 17)).toBe(text)
    expect(parseCronExpression(text).text).toBe(text)
  })

  it("comes as often as it says, whatever the spread", () => {
    for (let spread = 0; spread < 400; spread += 13)
      for (const minutes of [2, 5, 12, 30]) {
        const { minutes: at } = parseCronExpression(cronEvery(minutes * minute, spread) ?? "")
        expect(at).toHaveLength(60 / minutes)
      }
  })

  it.each([
    [300, ["4h", "6h"]],
    [7, ["6m", "10m"]],
    [2_880, ["1d", "7d"]],
    [0.5, ["1m"]],
    [20_160, ["7d"]],
  ])("%d minutes can't be said", (minutes, nearest) => {
    expect(cronEvery(minutes * minute, 5)).toBeNull()
    expect(nearestSayable(minutes * minute)).toEqual(nearest)
  })
})

describe("calendarOf", () => {
  it.each([
    ["17 */6 * * *", ["*-*-* 00,06,12,18:17:00"]],
    ["* * * * *", ["*-*-* *:*:00"]],
    ["0 6 * 1 mon-fri", ["Mon,Tue,Wed,Thu,Fri *-01-* 06:00:00"]],
    ["0 6 13 * fri", ["*-*-13 06:00:00", "Fri *-*-* 06:00:00"]],
  ])("%s", (text, lines) => {
    expect(calendarOf(parseCronExpression(text))).toEqual(lines)
  })
})
