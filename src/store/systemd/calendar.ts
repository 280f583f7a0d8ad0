/** A crontab's five fields as systemd's OnCalendar= (systemd.time(7)), in local time like them. */
import type { CronExpression } from "../cron-expression.ts"

const weekdayNames = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

/** Two where day or weekday will do: a line of systemd's wants both. */
export function calendarOf({ minutes, hours, days, months, weekdays, bothDays }: CronExpression): string[] {
  const time = `${listed(hours, 24)}:${listed(minutes, 60)}:00`
  const month = listed(months, 12)
  const ofMonth = `*-${month}-${listed(days, 31)} ${time}`
  const ofWeek = (date: string) =>
    weekdays.length === 7 ? date : `${weekdays.map((day) => weekdayNames[day]).join(",")} ${date}`
  return bothDays ? [ofWeek(ofMonth)] : [ofMonth, ofWeek(`*-${month}-* ${time}`)]
}

const listed = (values: readonly number[], all: number): string =>
  values.length === all ? "*" : values.map((value) => String(value).padStart(2, "0")).join(",")
