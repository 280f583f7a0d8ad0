/** A certificate that nobody vouches for, made on the spot: X.509 v3 in DER, signed by its own P-256 key. */
import { generateKeyPairSync, sign } from "node:crypto"

const tlv = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255]
  return Buffer.concat([Uint8Array.of(tag, ...length), body])
}
const sequence = (...parts: Uint8Array[]) => tlv(0x30, ...parts)
const oid = (hex: string) => tlv(6, Buffer.from(hex, "hex"))
const bitString = (bytes: Uint8Array) => tlv(3, Uint8Array.of(0), bytes)

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const commonName = (name: string) => sequence(tlv(0x31, sequence(oid("550403"), tlv(12, Buffer.from(name)))))

export function selfSigned(name: string, subjectAltName: Uint8Array): { key: string; cert: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" })
  const body = sequence(
    tlv(0xa0, tlv(2, Uint8Array.of(2))),
    tlv(2, Uint8Array.of(1)),
    ecdsaWithSha256,
    commonName(name),
    sequence(tlv(0x17, Buffer.from("200101000000Z")), tlv(0x17, Buffer.from("491231235959Z"))),
    commonName(name),
    publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(sequence(oid("551d11"), tlv(4, sequence(subjectAltName))))),
  )
  const der = sequence(body, ecdsaWithSha256, bitString(sign("sha256", body, privateKey)))
  const lines = der.toString("base64").replace(/.{64}/g, "$&\n")
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`,
  }
}

export const altIp = (...bytes: number[]): Uint8Array => tlv(0x87, Uint8Array.from(bytes))
