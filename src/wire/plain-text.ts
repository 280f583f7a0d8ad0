/** Text that a stranger sent, fit to be kept and shown. */

/** Control, format (bidi, zero-width), private and unassigned characters, and line separators. */
const unprintable = /[\p{C}\p{Zl}\p{Zp}]+/gu

/** Null when nothing readable is left. `bytes` are read as UTF-8. */
export function plainText(bytes: Uint8Array, maxLength: number): string | null {
  const text = new TextDecoder().decode(bytes.subarray(0, 4 * maxLength))
  const printable = text.replaceAll(unprintable, " ").replaceAll(/\s+/g, " ").trim()
  const bounded = Array.from(printable).slice(0, maxLength).join("").trim()
  return bounded === "" ? null : bounded
}
