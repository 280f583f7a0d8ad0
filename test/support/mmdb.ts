/** A small writer of MaxMind's database format 2.0 (maxmind.github.io/MaxMind-DB), 24-bit records: enough for a few networks. */
export type MmdbValue = string | number | boolean | { readonly [key: string]: MmdbValue }

interface Node {
  children: [Node | number | null, Node | number | null]
}

const node = (): Node => ({ children: [null, null] })

/** Type numbers of the specification; 8 and above are written as an extended type. */
function control(type: number, size: number): Buffer {
  const [short, ...long] =
    size < 29 ? [size] : size < 285 ? [29, size - 29] : [30, (size - 285) >> 8, (size - 285) & 255]
  return type < 8
    ? Buffer.from([(type << 5) | (short ?? 0), ...long])
    : Buffer.from([short ?? 0, type - 7, ...long])
}

export function mmdbValue(value: MmdbValue): Buffer {
  if (typeof value === "string") {
    const bytes = Buffer.from(value)
    return Buffer.concat([control(2, bytes.length), bytes])
  }
  if (typeof value === "boolean") return control(14, value ? 1 : 0)
  if (typeof value === "number") {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(6, 4), bytes])
  }
  const entries = Object.entries(value).flatMap(([key, one]) => [mmdbValue(key), mmdbValue(one)])
  return Buffer.concat([control(7, entries.length / 2), ...entries])
}

/** `1.2.3.0/24` or `2001:db8::/32` → its leading bits, IPv4 at ::/96 of a tree of IPv6. */
function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address = "", length = "0"] = network.split("/")
  if (!address.includes(":")) {
    const bits = address.split(".").flatMap((part) => bitsOfNumber(Number(part), 8))
    const before = ipVersion === 6 ? Array<number>(96).fill(0) : []
    return [...before, ...bits.slice(0, Number(length))]
  }
  const [left = "", right = ""] = address.split("::")
  const groups = (text: string) =>
    text
      .split(":")
      .filter(Boolean)
      .map((part) => Number.parseInt(part, 16))
  const [head, tail] = [groups(left), groups(right)]
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail]
  return all.flatMap((group) => bitsOfNumber(group, 16)).slice(0, Number(length))
}

const bitsOfNumber = (number: number, width: number): number[] =>
  Array.from({ length: width }, (_, bit) => (number >> (width - 1 - bit)) & 1)

/** Networks must not overlap. `raw` stands in place of the encoded value. */
export function mmdb(
  networks: Readonly<Record<string, MmdbValue | Buffer>>,
  { ipVersion = 6, databaseType = "Test" }: { ipVersion?: 4 | 6; databaseType?: string } = {},
): Buffer {
  const root = node()
  const data: Buffer[] = []
  let dataLength = 0
  for (const [network, value] of Object.entries(networks)) {
    const bits = bitsOf(network, ipVersion)
    let at = root
    for (const [depth, bit] of bits.entries()) {
      if (depth === bits.length - 1) {
        at.children[bit as 0 | 1] = dataLength
        break
      }
      const next = at.children[bit as 0 | 1] ?? node()
      if (typeof next === "number") throw new TypeError(`${network} is inside another one`)
      at.children[bit as 0 | 1] = next
      at = next
    }
    const encoded = Buffer.isBuffer(value) ? value : mmdbValue(value)
    data.push(encoded)
    dataLength += encoded.length
  }
  const nodes: Node[] = []
  const number = (each: Node): void => {
    nodes.push(each)
    for (const child of each.children) if (child !== null && typeof child !== "number") number(child)
  }
  number(root)
  const index = new Map(nodes.map((each, i) => [each, i]))
  const record = (child: Node | number | null): number =>
    child === null
      ? nodes.length
      : typeof child === "number"
        ? nodes.length + 16 + child
        : (index.get(child) ?? 0)
  const tree = Buffer.alloc(nodes.length * 6)
  for (const [i, { children }] of nodes.entries())
    for (const [side, child] of children.entries()) tree.writeUIntBE(record(child), i * 6 + side * 3, 3)
  const metadata = mmdbValue({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: databaseType,
    ip_version: ipVersion,
    node_count: nodes.length,
    record_size: 24,
  })
  const marker = Buffer.from("\xab\xcd\xefMaxMind.com", "latin1")
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}
