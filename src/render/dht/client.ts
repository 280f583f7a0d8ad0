/** BEP 5 `v` → the client's name: two letters of its own choice, and a version however it likes. */

const names: Record<string, string> = {
  A2: "aria2",
  LT: "libtorrent",
  lt: "rTorrent",
  TR: "Transmission",
  UT: "µTorrent",
}

/** `version` is hex. Empty when there is none. */
export function dhtClientName(version: string | null): string {
  if (version === null || version === "") return ""
  const bytes = version.match(/../g)?.map((digits) => Number.parseInt(digits, 16)) ?? []
  const letters = String.fromCharCode(...bytes.slice(0, 2))
  if (!/^[a-zA-Z][a-zA-Z0-9]$/.test(letters)) return `0x${version}`
  return `${names[letters] ?? letters} ${versionOf(letters, bytes.slice(2))}`.trimEnd()
}

function versionOf(letters: string, bytes: readonly number[]): string {
  const [first = 0, second = 0] = bytes
  // Minor and tiny share a byte: 2.0.8 is 02 08.
  if (letters === "LT" && bytes.length === 2) return `${first}.${second >> 4}.${second & 15}`
  // µTorrent puts a build number there.
  if (letters === "UT") return String(bytes.reduce((sum, byte) => sum * 256 + byte, 0))
  return bytes.join(".")
}
