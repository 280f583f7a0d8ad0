/** Bytes → what DHT nodes answer (BEP 5, 33, 42, 44, 51): honest where the plan has zeros. */
import { createHash } from "node:crypto"
import { decode, encode, type Encodable } from "../../../src/torrent/bencode.ts"
import type { Plan } from "./plan.ts"
import type { Place } from "./virtual-datagrams.ts"
import type { Internet } from "./virtual-network.ts"

/** All of the addresses that begin so are nodes of it. */
const dhtHosts = "10.0.5."
export const firstNode = `${dhtHosts}1:6881`
const mostAnswers = 6

const hash = (text: string) => createHash("sha1").update(text).digest()
/** Each address has an id of its own. */
const idOf = ({ host, port }: Place): Uint8Array => hash(`${host}:${port}`)

const compact = (host: number, id: Uint8Array): Buffer =>
  Buffer.concat([id.subarray(0, 20), Buffer.from([10, 0, 5, host, 0x1a, 0xe1])])

export function stageDht(internet: Internet, plan: Plan): void {
  internet.bindHosts(dhtHosts, (data, from, at) => {
    const asked = decode(data)
    if (!asked.ok || !(asked.value instanceof Map)) return
    const transaction = asked.value.get("t")
    const odd = plan.byte()
    const times = odd & 1 ? plan.upTo(mostAnswers) : 1
    for (let n = 0; n < times; n++) {
      const reply = replyOf(plan, odd, transaction instanceof Uint8Array ? transaction : new Uint8Array(), at)
      const teller = odd & 2 && plan.flag() ? { host: `${dhtHosts}${plan.byte()}`, port: plan.u16() } : at
      internet.clock.after(1 + (odd & 4 ? plan.byte() * 20 : 0), () =>
        internet.tell(reply, teller, from.port),
      )
    }
  })
}

function replyOf(plan: Plan, odd: number, transaction: Uint8Array, at: Place): Uint8Array {
  if (odd & 8) {
    const kind = plan.upTo(5)
    if (kind === 0) return plan.take(plan.upTo(200))
    if (kind === 1) return encode({ t: transaction, y: "e", e: [plan.u16(), plan.take(plan.upTo(20))] })
    if (kind === 2) return encode({ t: transaction, y: "e", e: plan.take(4) })
    if (kind === 3) return encode({ t: transaction, y: "q", q: "ping", a: { id: idOf(at) } })
    if (kind === 4) return encode({ t: transaction, y: "r", r: plan.take(3) })
    return Buffer.alloc(plan.u16(), 0x6c)
  }
  const t = odd & 16 ? plan.take(plan.upTo(8)) : transaction
  const ip = odd & 32 ? plan.take(plan.pick([6, 18, 5])) : Buffer.from([10, 0, 0, 1, 0x1a, 0xe1])
  return encode({
    t,
    y: "r",
    r: bodyOf(plan, odd, at),
    ip,
    ...(odd & 64 ? { v: plan.take(plan.upTo(20)) } : {}),
  })
}

function bodyOf(plan: Plan, odd: number, at: Place): Record<string, Encodable> {
  const r: Record<string, Encodable> = { id: idOf(at), token: "token" }
  r["values"] = [Buffer.from([10, 0, 0, 2, 0x1a, 0xe1])]
  if (!(odd & 128)) return { ...r, nodes: nodesNear(at) }
  const has = plan.byte()
  if (has & 1) r["id"] = plan.take(plan.pick([20, 19]))
  if (has & 2) r["token"] = plan.take(plan.byte() * 2)
  if (has & 4) {
    const count = plan.byte()
    r["values"] = Array.from({ length: count }, (_, i) => Buffer.from([10, 0, 3, i, 0x1a, 0xe1]))
  }
  if (has & 8) r["values"] = plan.flag() ? plan.take(plan.byte()) : [plan.take(18), plan.take(6), 5]
  const nodes = Array.from({ length: plan.upTo(24) }, () =>
    compact(plan.byte(), plan.flag() ? plan.take(20) : hash(String(plan.byte()))),
  )
  r["nodes"] = Buffer.concat([...nodes, Buffer.from(has & 16 ? plan.take(plan.upTo(60)) : [])])
  if (has & 32) {
    r["BFsd"] = Buffer.alloc(plan.pick([256, 255]), plan.byte())
    r["BFpe"] = Buffer.alloc(256, plan.byte())
  }
  if (has & 64) {
    r["samples"] = plan.take(20 * plan.upTo(5) + (plan.flag() ? 0 : 1))
    r["num"] = plan.upTo(9) === 9 ? -1 : plan.u32()
    r["interval"] = plan.u32()
  }
  if (has & 128) Object.assign(r, itemOf(plan))
  return r
}

const nodesNear = ({ host }: Place): Buffer => {
  const own = Number(host.split(".")[3])
  return Buffer.concat(
    [1, 2, 3].map((step) => {
      const next = (own + step) % 40
      return compact(next, idOf({ host: `${dhtHosts}${next}`, port: 6_881 }))
    }),
  )
}

/** BEP 44. */
function itemOf(plan: Plan): Record<string, Encodable> {
  const v: Encodable = plan.flag() ? plan.take(plan.byte() * 5) : plan.flag() ? [1, { a: "b" }] : "hello"
  if (plan.flag()) return { v }
  return { v, k: plan.take(plan.pick([32, 31])), sig: plan.take(plan.pick([64, 63])), seq: plan.u32() - 5 }
}
