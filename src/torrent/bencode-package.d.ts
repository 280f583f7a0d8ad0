declare module "bencode" {
  /** One object shared by all that import it: replacing a function replaces it for the libraries too. */
  const bencode: {
    encode: (value: unknown) => Uint8Array
    decode: (data: unknown, start?: unknown, end?: unknown, encoding?: unknown) => unknown
  }
  export default bencode
}
