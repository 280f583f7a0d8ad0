// bittorrent-peerid 2.0.2 ships no types. It throws on what it can't read.
declare module "bittorrent-peerid" {
  export default function parse(peerId: Buffer | string): { client: string; version?: string | number | null }
}
