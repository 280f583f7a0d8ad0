/** Whether a web seed's answer is what was asked for: RFC 9110 §14 for BEP 19, a whole body for BEP 17. */
import { failure, type Failure } from "../../failure.ts"
import type { HttpHead } from "../../network.ts"

/** What one request wants. */
export interface Want {
  readonly lengthBytes: number
  /** BEP 19: where in the file, and how long the torrent says that is; null: the body alone is what is wanted (BEP 17). */
  readonly range: { readonly offset: number; readonly fileBytes: number } | null
  /** A file this short may come whole in place of a part of it. */
  readonly wholeUpToBytes: number
}

export interface Judged {
  /** Null: its body is what was wanted, after `skipBytes` of it. */
  readonly failure: Failure | null
  readonly skipBytes: number
  /** How long it says the file is. */
  readonly totalBytes: number | null
  /** Null: can't be told from this. */
  readonly rangeSupported: boolean | null
}

export function judgeHead({ status, headers }: HttpHead, want: Want): Judged {
  const { range } = want
  const refuse = (why: Failure, rest: Partial<Judged> = {}): Judged => ({
    failure: why,
    skipBytes: 0,
    totalBytes: null,
    rangeSupported: null,
    ...rest,
  })
  if (status === 416) {
    const total = unsatisfied(headers["content-range"])
    const wrong = range !== null && total !== null && total !== range.fileBytes
    const why = wrong ? failure("wrong-length", `${total} bytes, not ${range.fileBytes}`) : httpStatus(status)
    return refuse(why, { totalBytes: total })
  }
  if (status !== 200 && status !== 206) return refuse(httpStatus(status))
  const encoding = (headers["content-encoding"] ?? "").trim().toLowerCase()
  const coded = encoding !== "" && encoding !== "identity"
  /** Apache says so of the very bytes of a `.gz`; of anything else, what comes is not as long as the file. */
  const isCodedAnew = (bytes: number | null, fileBytes: number) => coded && bytes !== fileBytes
  const lengthBytes = numberIn(headers["content-length"])
  return status === 206 ? judgePart() : judgeWhole()

  function judgePart(): Judged {
    if (range === null) return refuse(failure("bad-reply", "a part of a piece that was asked for whole"))
    if (/^\s*multipart\//i.test(headers["content-type"] ?? ""))
      return refuse(failure("bad-reply", "multipart"))
    const part = contentRange(headers["content-range"])
    if (!part) return refuse(failure("bad-reply", "a part, without saying which"))
    const { totalBytes } = part
    if (isCodedAnew(totalBytes, range.fileBytes)) return refuse(notAsItIs)
    if (totalBytes !== null && totalBytes !== range.fileBytes)
      return refuse(failure("wrong-length", `${totalBytes} bytes, not ${range.fileBytes}`), {
        totalBytes,
        rangeSupported: true,
      })
    const right = part.first === range.offset && part.last === range.offset + want.lengthBytes - 1
    if (!right) return refuse(failure("bad-reply", "another part than was asked for"), { totalBytes })
    if (lengthBytes !== null && lengthBytes !== want.lengthBytes)
      return refuse(failure("bad-reply", "a part of another length than it says"), { totalBytes })
    return { failure: null, skipBytes: 0, totalBytes, rangeSupported: true }
  }

  function judgeWhole(): Judged {
    if (isCodedAnew(lengthBytes, range === null ? want.lengthBytes : range.fileBytes))
      return refuse(notAsItIs)
    if (range === null) {
      const wrong = lengthBytes !== null && lengthBytes !== want.lengthBytes
      const why = wrong ? failure("wrong-length", `${lengthBytes} bytes, not ${want.lengthBytes}`) : null
      return { failure: why, skipBytes: 0, totalBytes: null, rangeSupported: null }
    }
    const whole = range.offset === 0 && want.lengthBytes === range.fileBytes
    const rangeSupported = whole ? null : false
    if (lengthBytes !== null && lengthBytes !== range.fileBytes)
      return refuse(failure("no-range", `all of something of ${lengthBytes} bytes, not ${range.fileBytes}`), {
        rangeSupported: false,
      })
    const small = range.fileBytes <= want.wholeUpToBytes
    if (!whole && !small)
      return refuse(failure("no-range", "all of it, not a part"), { totalBytes: lengthBytes, rangeSupported })
    return { failure: null, skipBytes: range.offset, totalBytes: lengthBytes, rangeSupported }
  }
}

const notAsItIs = failure("bad-encoding", "not as it is")

const httpStatus = (status: number): Failure => failure("http-status", `HTTP ${status}`)

/** `bytes 0-499/1234`; the total may be `*`. */
export function contentRange(
  text: string | undefined,
): { first: number; last: number; totalBytes: number | null } | null {
  const match = /^\s*bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(text ?? "")
  if (!match) return null
  const [first, last] = [Number(match[1]), Number(match[2])]
  const totalBytes = match[3] === "*" ? null : Number(match[3])
  return last < first || (totalBytes !== null && last >= totalBytes) ? null : { first, last, totalBytes }
}

/** `bytes *\/1234`, of a 416. */
const unsatisfied = (text: string | undefined): number | null =>
  numberIn(/^\s*bytes\s+\*\/(\d+)\s*$/i.exec(text ?? "")?.[1])

const numberIn = (text: string | undefined): number | null =>
  /^\d{1,15}$/.test(text ?? "") ? Number(text) : null

/** How long it asks us to wait: seconds, in `Retry-After` or in the body of a 503 (BEP 17). Dates are left alone. */
export function retryMs({ headers }: HttpHead, body: string): number | null {
  const seconds = numberIn(headers["retry-after"]?.trim()) ?? numberIn(body.trim())
  return seconds === null ? null : seconds * 1_000
}
