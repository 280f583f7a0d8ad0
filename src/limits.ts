/** Every timeout, rate, budget and cap. Bytes, milliseconds and counts; rates per second. */
const KiB = 1024
const MiB = 1024 * KiB

export const paceNames = ["polite", "normal", "fast", "lab"] as const
export type PaceName = (typeof paceNames)[number]

export interface Pace {
  /** Peer sockets open at once. */
  sockets: number
  /** New outgoing dials per second. */
  dialsPerSecond: number
  /** Payload taken per second, all peers together. */
  totalBytesPerSecond: number
  /** Payload taken per second from one peer. */
  peerBytesPerSecond: number
  /** Peers whose goodput is measured at the same time, at most: fewer once our own link is found full. */
  goodputSlots: number
  /** The run ends when nobody new appeared for this long and nothing is outstanding. */
  quietMs: number
  /** How long an interested peer is given to unchoke us: real clients take up to 34 s. */
  unchokeMs: number
  /** How long a TCP connection may take to open. */
  connectMs: number
}

export const paces: Record<PaceName, Pace> = {
  polite: {
    sockets: 10,
    dialsPerSecond: 2,
    totalBytesPerSecond: 1 * MiB,
    peerBytesPerSecond: 512 * KiB,
    goodputSlots: 2,
    quietMs: 20_000,
    unchokeMs: 40_000,
    connectMs: 10_000,
  },
  normal: {
    sockets: 40,
    dialsPerSecond: 10,
    totalBytesPerSecond: 5 * MiB,
    peerBytesPerSecond: 2 * MiB,
    goodputSlots: 3,
    quietMs: 20_000,
    unchokeMs: 40_000,
    connectMs: 10_000,
  },
  fast: {
    sockets: 100,
    dialsPerSecond: 30,
    totalBytesPerSecond: 20 * MiB,
    peerBytesPerSecond: Infinity,
    goodputSlots: 4,
    quietMs: 20_000,
    unchokeMs: 40_000,
    connectMs: 8_000,
  },
  lab: {
    sockets: 2_000,
    dialsPerSecond: Infinity,
    totalBytesPerSecond: Infinity,
    peerBytesPerSecond: Infinity,
    goodputSlots: 8,
    quietMs: 2_000,
    unchokeMs: 12_000,
    connectMs: 5_000,
  },
}

export const limits = {
  run: {
    timeoutMs: 180_000,
    maxPeers: 200,
    maxDownloadBytes: 256 * MiB,
    samplePieces: 32,
    /** Of maxDownloadBytes, what one peer's goodput may cost. */
    goodputShare: 1 / 8,
    /** Trials kept of whether peers slow each other. */
    maxTrials: 1_000,
    /** Time kept at the end of a run for `stopped` announces and closing sockets. */
    farewellMs: 3_000,
  },
  metainfo: {
    maxBytes: 64 * MiB,
    maxDepth: 100,
    maxFiles: 500_000,
    maxPieces: 2_000_000,
    maxTrackers: 200,
    maxWebSeeds: 200,
    maxNodes: 200,
    maxNameBytes: 4_096,
    maxPieceBytes: 512 * MiB,
    /** Bencoded values in one file: an honest file entry has about eight. */
    maxValues: 5_000_000,
  },
  /** `maxValues` keeps two-byte values (`0:`, `le`) from becoming objects by the million. */
  bencode: { maxDepth: 100, maxIntegerDigits: 19, maxValues: 200_000 },
  tracker: {
    /** Asked of every tracker; many return fewer (opentracker at most 200). */
    numwant: 200,
    maxBodyBytes: 2 * MiB,
    maxHeaderBytes: 16 * KiB,
    maxRedirects: 5,
    /** One try: name resolution, redirects and body together. */
    httpTotalMs: 15_000,
    /** Before the second and the third try. */
    httpPausesMs: [2_000, 4_000],
    /** BEP 15: wait 15·2ⁿ seconds; a one-shot audit can't wait 8 times, so n stops here and the total is bounded. */
    udpFirstWaitMs: 15_000,
    udpTotalMs: 50_000,
    udpConnectionIdMs: 60_000,
    stoppedMs: 2_500,
    /** The first try of a private torrent's tracker, as long as another one waits for its turn. */
    briefMs: 10_000,
    /** The second family's announce waits so long for the first one's, so that the counts include us a known number of times. */
    familyStaggerMs: 1_000,
    /** Of one tracker over one family in one run, however short an interval it names. */
    maxAnnounces: 32,
    maxPeersPerReply: 5_000,
    /** Used when a tracker names none, or names nonsense. */
    defaultIntervalMs: 1_800_000,
    minIntervalMs: 1_000,
    maxIntervalMs: 86_400_000,
    maxReasonLength: 200,
  },
  peer: {
    handshakeMs: 15_000,
    /** After the handshake, how long a first message (bitfield, have-all…) may take before we call it «no claim, holds none»: one was seen after 8 s. */
    claimMs: 10_000,
    /** After its claim, how long a peer that speaks BEP 10 may take for its extension handshake. */
    extensionMs: 3_000,
    /** The longest wire message accepted; the largest honest one is a bitfield or metadata piece. */
    maxMessageBytes: 1 * MiB,
    maxExtendedHandshakeBytes: 64 * KiB,
    maxExtensionNames: 100,
    maxClientNameLength: 64,
    maxHaveEvents: 2_048,
    /** HAVE messages beyond this rate per second, averaged since the handshake, end the session as a flood. */
    maxMessagesPerSecond: 20_000,
    blockBytes: 16 * KiB,
    /** Requests in the air: at the start, and at most whatever `reqq` says. */
    pipelineStart: 16,
    pipelineMax: 500,
    defaultReqq: 250,
    /** Unchoked and silent for this long, with requests in the air: snubbed. */
    blockMs: 20_000,
    /** A piece that comes more slowly than that, after a grace of `blockMs`, is given up. */
    leastBytesPerSecond: 2 * KiB,
    /** Between two attempts at one address. */
    redialMs: 1_000,
    maxAttempts: 3,
    socketsPerIp: 2,
    maxProgressPoints: 64,
    maxSamples: 1_000,
  },
  incoming: { maxPending: 50, maxPeers: 200 },
} as const
