/** Wire messages, honest but for what the plan puts into their fields. */
import { encode, type Encodable } from "../../../src/torrent/bencode.ts"
import * as frames from "../../wire/frames.ts"
import type { Plan } from "./plan.ts"
import type { SharedTorrent } from "./torrents.ts"

/** Most are small: what chance would make of four bytes is always out of range. */
function number(plan: Plan): number {
  const kind = plan.byte()
  if (kind < 224) return kind % 8
  if (kind < 240) return (plan.byte() % 4) * 16_384
  return kind < 250 ? plan.u16() : plan.u32()
}

export function handshake(plan: Plan, { payload }: SharedTorrent): Uint8Array {
  const flags = plan.byte()
  const infoHash = flags % 8 === 1 ? plan.take(20) : payload.infoHash
  const reserved = flags & 8 ? plan.take(8) : flags & 16 ? frames.fastReserved : frames.fullReserved
  const peerId = flags & 32 ? plan.take(20) : Buffer.from("-qB4520-fuzzedpeer01")
  const all = frames.handshakeFrame(filled(infoHash, 20), filled(peerId, 20), filled(reserved, 8))
  return flags & 64 ? all.subarray(0, plan.upTo(68)) : all
}

const filled = (bytes: Uint8Array, length: number): Uint8Array => {
  const whole = Buffer.alloc(length)
  whole.set(bytes.subarray(0, length))
  return whole
}

/** BEP 3 and 6 messages without a body: choke to not-interested, have-all, have-none, and others that have one. */
export const bare = (plan: Plan): Uint8Array => frames.frame(plan.pick([0, 1, 2, 3, 14, 15, 20, 21]))

export function bitfield(plan: Plan, { payload }: SharedTorrent): Uint8Array {
  const kind = plan.upTo(7)
  const right = Math.ceil(payload.pieceCount / 8)
  if (kind === 0) return frames.bitfield(plan.take(plan.upTo(40)))
  if (kind === 1) return frames.bitfield(Buffer.alloc(plan.upTo(2_000), 255))
  const spare = 8 * right - payload.pieceCount
  return frames.bitfield(Buffer.from([kind === 2 ? plan.byte() : (plan.byte() >> spare) << spare]))
}

export const have = (plan: Plan): Uint8Array => frames.have(number(plan))

/** request, cancel, reject: a block's place; suggest, allowed-fast: a piece. */
export function placed(plan: Plan): Uint8Array {
  const id = plan.pick([6, 8, 16, 13, 17])
  const fields = id === 13 || id === 17 ? [number(plan)] : [number(plan), number(plan), number(plan)]
  return frames.frame(id, frames.u32(...fields))
}

export function piece(plan: Plan, { payload }: SharedTorrent): Uint8Array {
  const [index, offset] = [number(plan), number(plan)]
  const right = payload.read(index, offset, 16_384)
  return frames.block(index, offset, plan.flag() ? right : plan.take(plan.upTo(64)))
}

export function extensionHandshake(plan: Plan, { info }: SharedTorrent): Uint8Array {
  const has = plan.byte()
  const m: Record<string, Encodable> = {}
  if (has & 1) m["ut_pex"] = plan.upTo(5)
  if (has & 2) m["ut_metadata"] = plan.upTo(5)
  if (has & 4) m["ut_holepunch"] = plan.upTo(5)
  if (has & 8) m["lt_donthave"] = plan.upTo(5)
  const said: Record<string, Encodable> = { m }
  const more = plan.byte()
  if (more & 1) said["v"] = plan.take(plan.upTo(80))
  if (more & 2) said["p"] = plan.u16()
  if (more & 4) said["reqq"] = number(plan)
  if (more & 8) said["metadata_size"] = plan.flag() ? info.length : number(plan)
  if (more & 16) said["yourip"] = plan.take(plan.pick([4, 16, 3]))
  if (more & 32) said["upload_only"] = plan.upTo(2)
  if (more & 64) said["complete_ago"] = -1
  if (more & 128) said["m"] = plan.take(4)
  return frames.extensionHandshake(encode(said))
}

/** Any extension message: most of the ids are those that we ask for. */
export const extension = (plan: Plan): Uint8Array =>
  frames.extensionMessage(plan.upTo(8), plan.take(plan.upTo(120)))

/** BEP 11, with places where nobody is, where the honest seed is, and where the stranger itself is. */
export function pex(plan: Plan): Uint8Array {
  const places = (count: number) =>
    Buffer.concat(
      Array.from({ length: count }, () => {
        const kind = plan.upTo(7)
        if (kind === 0) return Buffer.from([10, 0, 0, 2, 0x1a, 0xe1])
        if (kind === 1) return Buffer.from([10, 0, 0, 3, 0x1a, 0xe1])
        if (kind === 2) return Buffer.from(filled(plan.take(6), 6))
        return Buffer.from([10, 0, 1, plan.byte(), 0x1a, 0xe1])
      }),
    )
  const added = places(plan.upTo(60))
  const flags = Buffer.alloc(plan.flag() ? added.length / 6 : plan.upTo(9), plan.byte())
  const said = { added, "added.f": flags, dropped: places(plan.upTo(4)), added6: plan.take(plan.upTo(37)) }
  return frames.extensionMessage(1, encode(said))
}

/** BEP 9. The id is the one that we ask for. */
export function metadata(plan: Plan, { info }: SharedTorrent): Uint8Array {
  const at = number(plan)
  const total = plan.flag() ? info.length : number(plan)
  const head = encode({ msg_type: plan.upTo(3), piece: at, total_size: total })
  const data = plan.flag() ? info.subarray(at * 16_384, (at + 1) * 16_384) : plan.take(plan.upTo(200))
  return frames.extensionMessage(2, head, data)
}

/** BEP 52. */
export function hashes(plan: Plan, { payload }: SharedTorrent): Uint8Array {
  const root = payload.hashes?.piecesRoot ?? Buffer.alloc(32)
  const range = Buffer.concat([
    plan.flag() ? filled(plan.take(32), 32) : root,
    frames.u32(number(plan), number(plan), number(plan), number(plan)),
  ])
  return frames.frame(plan.pick([21, 22, 23]), range, Buffer.alloc(32 * plan.upTo(4), plan.byte()))
}

/** BEP 55: type, address type, address, port, error. */
export function holepunch(plan: Plan): Uint8Array {
  const address = plan.flag() ? Buffer.from([10, 0, 0, 2]) : plan.take(4)
  const end = Buffer.concat([frames.u32(number(plan)).subarray(2), frames.u32(number(plan))])
  const body = Buffer.concat([Buffer.from([plan.upTo(3), plan.upTo(1)]), address, end])
  return frames.extensionMessage(4, body.subarray(0, plan.flag() ? body.length : plan.upTo(body.length)))
}

/** A length, and less than it says. */
export const begun = (plan: Plan): Uint8Array =>
  Buffer.concat([frames.u32(plan.u32()), plan.take(plan.upTo(20))])
