/** IP addresses as bytes and back, with no leniency: what only some parsers accept is no address here. */

/** Four decimal numbers without leading zeros, which some parsers read as octal. */
function parseIPv4(text: string): Uint8Array | null {
  const bytes = new Uint8Array(4)
  let at = 0
  for (let part = 0; part < 4; part++) {
    if (part > 0 && text[at++] !== ".") return null
    const first = at
    let value = 0
    for (let digit = digitAt(text, at); digit >= 0 && at - first < 4; digit = digitAt(text, ++at))
      value = value * 10 + digit
    const length = at - first
    if (length === 0 || length > 3 || value > 255 || (length > 1 && text[first] === "0")) return null
    bytes[part] = value
  }
  return at === text.length ? bytes : null
}

function digitAt(text: string, at: number): number {
  const digit = text.charCodeAt(at) - 48
  return digit >= 0 && digit <= 9 ? digit : -1
}

/** RFC 4291 §2.2. No zone id: it has a meaning on one machine only. */
function parseIPv6(text: string): Uint8Array | null {
  if (text.length > 45) return null
  const dotted = /^(.*:)([\d.]+)$/.exec(text)
  let hex = text
  if (dotted?.[2]?.includes(".")) {
    const last = parseIPv4(dotted[2])
    if (!last) return null
    hex =
      dotted[1] +
      Buffer.from(last)
        .toString("hex")
        .replace(/^(.{4})/, "$1:")
  }
  const halves = hex.split("::")
  if (halves.length > 2) return null
  const groups = halves.map((half) => (half === "" ? [] : half.split(":")))
  const head = groups[0] ?? []
  const tail = groups[1] ?? []
  const gap = 8 - head.length - tail.length
  if (halves.length === 1 ? gap !== 0 : gap < 1) return null
  const all = [...head, ...Array.from({ length: gap }, () => "0"), ...tail]
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return null
  return new Uint8Array(Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex"))
}

/** 4 or 16 bytes. An IPv4-mapped IPv6 address is the IPv4 address that it reaches. */
export function parseAddress(text: string): Uint8Array | null {
  const bytes = text.includes(":") ? parseIPv6(text) : parseIPv4(text)
  return bytes && isMapped(bytes) ? bytes.subarray(12) : bytes
}

const isMapped = (bytes: Uint8Array): boolean => within(bytes, mappedPrefix, 96)
const mappedPrefix = Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])

/** Whether the first `bits` bits are those of `prefix`. */
export function within(bytes: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  if (bytes.length * 8 < bits) return false
  const whole = bits >> 3
  for (let i = 0; i < whole; i++) if (bytes[i] !== prefix[i]) return false
  const mask = 0xff00 >> (bits & 7)
  return ((bytes[whole] ?? 0) & mask & 0xff) === ((prefix[whole] ?? 0) & mask & 0xff)
}

/** The one way to write it: dotted IPv4, or IPv6 after RFC 5952. */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".")
  if (isMapped(bytes)) return bytes.subarray(12).join(".")
  const groups = Array.from({ length: 8 }, (_, i) => ((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0))
  const zeros = longestZeros(groups)
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(":")
  if (zeros.length < 2) return text(groups)
  return `${text(groups.slice(0, zeros.start))}::${text(groups.slice(zeros.start + zeros.length))}`
}

/** The first of the longest runs. */
function longestZeros(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 }
  let length = 0
  for (const [i, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0
    if (length > best.length) best = { start: i - length + 1, length }
  }
  return best
}
