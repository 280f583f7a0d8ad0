/** Numbers as they are shown; a dash for what is not known. */
type Known = number | null
type Figure = (value: Known) => string

const figure =
  (shown: (value: number) => string): Figure =>
  (value) =>
    value === null ? "–" : shown(value)

/** KiB, without the unit. */
export const kib = figure((bytes) => (bytes / 1_024).toFixed(1))
export const share = figure((ratio) => `${(ratio * 100).toFixed(1)}%`)
/** Without the unit. */
export const seconds = figure((ms) => (ms / 1_000).toFixed(1))
export const whole = figure(String)

/** Without an upper end there may be any. */
export const between = (low: Known, high: Known, shown: Figure): string =>
  low === null ? "–" : `${shown(low)}–${high === null ? "∞" : shown(high)}`
