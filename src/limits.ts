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
  /** How long after its handshake a peer that speaks PEX is listened to: rTorrent first speaks after 83 s. */
  pexMs: number
  /** How long after it said what it holds a leecher's HAVEs are watched. */
  watchMs: number
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
    pexMs: 100_000,
    watchMs: 30_000,
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
    pexMs: 100_000,
    watchMs: 30_000,
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
    pexMs: 100_000,
    watchMs: 30_000,
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
    pexMs: 3_000,
    watchMs: 2_500,
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
    /** Of all paths together: in a `file tree` a directory's name is written once, whatever it holds. */
    maxPathCharacters: 64 * MiB,
    maxPieceBytes: 512 * MiB,
    /** Bencoded values in one file: an honest file entry has about eight. */
    maxValues: 5_000_000,
  },
  doctor: {
    timeoutMs: 20_000,
    /** Of a DHT node, as a datagram may get lost. */
    pings: 2,
    pingMs: 3_000,
    httpMs: 10_000,
    /** Certificates and logs of others go wrong from about here. */
    clockSkewMs: 60_000,
    /** RFC 6886 §3.1: 250 ms, doubled each time; a router that is there answers the first. */
    mappingWaitsMs: [250, 500, 1_000],
    ssdpMs: 2_000,
    upnpMs: 3_000,
    maxUpnpBytes: 64 * KiB,
    maxGateways: 4,
    /** In case nobody releases it: ours goes at the end of the command. */
    mappingSeconds: 120,
    releaseMs: 2_000,
    /** Sockets of peers apart: trackers, DHT, files, Node itself. */
    otherFiles: 100,
  },
  /** A SOCKS proxy: its first answer, and any stream or association through it unless the asker has less time. */
  proxy: { connectMs: 15_000 },
  /** Of any HTTP request of ours; what it is for has limits of its own. */
  http: {
    /** What may come around a body (headers, 1xx replies, frames of chunks): that beyond the headers' own limit, and so much a byte of body. */
    slackBytes: 256 * KiB,
    frameFactor: 8,
    /** Longer bodies that must be whole to be read come so many at a time. An announce's reply is shorter. */
    shortBodyBytes: 16 * KiB,
    longBodies: 2,
    /** Of one of them; afterwards it no longer counts. */
    turnMs: 2_000,
  },
  /** Nothing of this process ran for `standstillMs`: it was suspended or starved. It looks every `beatMs`. */
  clock: { beatMs: 250, standstillMs: 2_000 },
  /** `maxValues` keeps two-byte values (`0:`, `le`) from becoming objects by the million. */
  bencode: { maxDepth: 100, maxIntegerDigits: 19, maxValues: 200_000 },
  tracker: {
    /** Asked of every tracker; many return fewer (opentracker at most 200). */
    numwant: 200,
    maxBodyBytes: 2 * MiB,
    /** Info hashes and addresses hardly pack at all; beyond a first part, more than this is no reply. */
    maxGzipRatio: 32,
    gzipFreeBytes: 64 * KiB,
    maxHeaderBytes: 16 * KiB,
    /** Bencoded values in a reply: a peer in a list has seven. A scrape may come with every torrent that the tracker knows, eight each. */
    maxValues: 20_000,
    maxScrapeValues: 300_000,
    maxRedirects: 5,
    /** One try: name resolution, redirects and body together. */
    httpTotalMs: 15_000,
    /** Before the second and the third try. */
    httpPausesMs: [2_000, 4_000],
    /** BEP 15: wait 15·2ⁿ seconds; a one-shot audit can't wait 8 times, so n stops here and the total is bounded. */
    udpFirstWaitMs: 15_000,
    udpTotalMs: 50_000,
    udpConnectionIdMs: 60_000,
    /** Datagrams of a UDP tracker that answer nothing: late copies of its answers are a handful. */
    udpMaxStrays: 200,
    stoppedMs: 2_500,
    /** The first try of a private torrent's tracker, as long as another one waits for its turn. */
    briefMs: 10_000,
    /** The second family's announce waits so long for the first one's, so that the counts include us a known number of times. */
    familyStaggerMs: 1_000,
    /** Of one tracker over one family in one run, however short an interval it names. */
    maxAnnounces: 32,
    maxPeersPerReply: 5_000,
    /** Of all trackers together, beyond the `numwant` that any reply may name. */
    maxPeersInAll: 20_000,
    /** Used when a tracker names none, or names nonsense. */
    defaultIntervalMs: 1_800_000,
    minIntervalMs: 1_000,
    maxIntervalMs: 86_400_000,
    maxReasonLength: 200,
    /** Of a WebSocket tracker: the longest honest message is another peer's offer, passed on. */
    wsMaxMessageBytes: 128 * KiB,
    /** Objects and arrays in one such message: they cost hundreds of times their two bytes. An honest one has a handful. */
    wsMaxNested: 256,
    /** Of one WebSocket connection, all that comes in. */
    wsMaxBytes: 1 * MiB,
    /** Of one WebSocket connection. */
    wsMaxMessages: 500,
    /** A scrape after an announce that gave counts: many WebSocket trackers have no answer to it. */
    wsScrapeMs: 5_000,
    /** How long the other side may take to close a WebSocket after us. */
    wsCloseMs: 500,
    /** The announce of a random info hash: one try. */
    canaryMs: 5_000,
  },
  /** BEP 14: local service discovery. */
  lsd: {
    /** BEP 14: every five minutes, never more than once a minute. */
    announceMs: 300_000,
    /** After the first announce: who heard it dials us. Transmission did within a second, libtorrent after four. */
    answerMs: 5_000,
    /** BEP 14, to avoid fragments. */
    maxDatagramBytes: 1_400,
    maxHeaders: 100,
    /** Announces read per second, one network's all together. */
    maxDatagramsPerSecond: 50,
    maxPeers: 500,
    /** A household's computer runs few clients. */
    maxPeersPerHost: 8,
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
    /** Of any extension's message. Honest ones: a piece of metadata, 16 KiB and a few words; hundreds of peers by PEX, a few KiB. */
    maxExtensionBytes: 64 * KiB,
    maxExtensionNames: 100,
    /** Addresses of the other family that are one peer's by its peer id: an honest one has a few, anybody may say that they are its. */
    maxOtherHomes: 64,
    maxClientNameLength: 64,
    maxHaveEvents: 2_048,
    /** HAVE messages beyond this rate per second, averaged since the handshake, end the session as a flood. */
    maxMessagesPerSecond: 20_000,
    /** Of everything but blocks, in a session: at once, for each piece of the torrent, and per second. A million HAVEs are 9 MB. */
    freeBytes: 4 * MiB,
    freeBytesPerPiece: 32,
    freeBytesPerSecond: 64 * KiB,
    /** As long as the metadata is not known. */
    assumedPieceCount: 100_000,
    /** Of blocks that nobody asked for, in a session: mistakes happen. */
    maxStrayBytes: 1 * MiB,
    /** Requests withdrawn or voided whose answers may still come, the newest: 8 MiB of the budget at most, whoever chokes how often. */
    maxExcused: 512,
    /** BEP 6 suggests 10. */
    maxAllowedFast: 100,
    blockBytes: 16 * KiB,
    /** Requests in the air: at the start, and at most whatever `reqq` says. */
    pipelineStart: 16,
    pipelineMax: 500,
    defaultReqq: 250,
    /** Unchoked and silent for this long, with requests in the air: snubbed. */
    blockMs: 20_000,
    /** A piece that comes more slowly than that, after a grace of `blockMs`, is given up. */
    leastBytesPerSecond: 2 * KiB,
    /** Before the next attempt at one address; four times that before the last: a client may be dialling us meanwhile. */
    redialMs: 1_000,
    /** A way each: TCP and uTP, in the clear and encrypted. */
    maxAttempts: 4,
    socketsPerIp: 2,
    maxProgressPoints: 64,
    maxSamples: 1_000,
  },
  incoming: { maxPending: 50, maxPeers: 200 },
  /** BEP 29. */
  utp: {
    /** Of one datagram that we send, without IP's and UDP's headers: every IPv6 path carries that (1,280 − 48). */
    maxPacketBytes: 1_232,
    /** In one packet: honest ones have at most two. */
    maxExtensions: 8,
    /** Of one connection, received and not read yet, in order or not. */
    receiveBytes: 1 * MiB,
    /**
     * Kept beyond that all the same. Whoever heard of our ACKs in the wrong order takes the window for larger, and what fills a gap is
     * sent into a closed one: libtorrent gives up on a packet that it sent three times, so that none of them may be refused.
     */
    slackBytes: 256 * KiB,
    /** The same in packets: small ones cost more than their bytes. */
    receivePackets: 4_096,
    /**
     * What came and we have not looked at yet, if the system allows so much: with Linux's 208 KiB, which hold 90 packets, a fast peer and a
     * busy moment of ours lost one packet in 25, and libtorrent gave up.
     */
    socketBytes: 4 * MiB,
    /** Of all connections together, what waits for a packet that is missing; each packet counts as `earlyPacketBytes` more than it holds. */
    earlyBytes: 32 * MiB,
    earlyPacketBytes: 256,
    /** How far ahead of the first missing packet one is kept: what one selective ACK can name. */
    maxAhead: 2_016,
    /** Written and not sent yet: more waits in the stream. */
    sendBytes: 256 * KiB,
    /** Sent and not acknowledged yet: we only ask. */
    minWindowBytes: 4 * 1_232,
    maxWindowBytes: 64 * KiB,
    maxFlights: 512,
    /** BEP 29: until round trips are known, and never less than. */
    firstTimeoutMs: 1_000,
    minTimeoutMs: 500,
    maxTimeoutMs: 8_000,
    /** In a row, of one connection, before the other side counts as gone. */
    maxTimeouts: 6,
    /** A packet after so much silence, or that fills a gap, was most likely sent again; its ACK is said twice, the second time so much later. */
    silenceMs: 400,
    repeatMs: 100,
    /** Routers forget a UDP mapping after 30 s of silence. */
    keepAliveMs: 29_000,
    /** How long our end of a connection that we closed may still be told to a silent partner. */
    lingerMs: 3_000,
    /** SYNs that we answered, and nothing came since: so many at once, for so long. */
    maxHalfOpen: 256,
    halfOpenMs: 10_000,
    /** Both families, both directions. */
    maxConnections: 4_000,
    /** To packets of connections that we don't know. */
    resetsPerSecond: 50,
    /** Ports tried when the second family can't have the first one's. */
    portTries: 8,
  },
  /**
   * Whom strangers name may be a victim who never asked for it. Of one IPv4 address or IPv6 /64 (`host`), and of one IPv4 /24 or
   * IPv6 /48 (`network`): so many distinct endpoints are dialled on their word. libtorrent and uTorrent take one per address unless
   * told otherwise; seedboxes and VPN exits share one among dozens. Not among ourselves (pace `lab`), and not on loopback.
   */
  victim: {
    perHost: 32,
    perNetwork: 128,
    /** The same of all audits of a process together, within `windowMs`; so many endpoints are told apart, the rest goes by the hour. */
    allPerHost: 128,
    allPerNetwork: 512,
    windowMs: 3_600_000,
    maxKept: 100_000,
    /** Of one lookup in the DHT: nodes asked in one network. libtorrent asks one (`dht_restrict_search_ips`). */
    nodesPerNetwork: 8,
    /** Trackers of one torrent that are asked at one host, and requests that redirects from elsewhere may send there in one run. */
    trackersPerHost: 16,
    redirectsPerHost: 64,
  },
  /** By which ways peers are dialled, and how often. */
  contact: {
    /** A TCP connection that isn't open by then gets company: uTP is tried beside it. */
    lateMs: 1_500,
    /** Until a uTP SYN is answered; it is sent again after a second. */
    utpConnectMs: 4_000,
    /** From the open connection to the end of the MSE handshake. */
    encryptionMs: 10_000,
    /** An address where nothing ever answered is dialled again so long after, over both transports, and so often in all. */
    silentMs: 60_000,
    silentRounds: 3,
    /** Where somebody answered once and nobody does any more: so many dials, each waiting four times as long, or a second where we had closed. */
    goneDials: 3,
    /**
     * After so many addresses in a row that went unanswered, or refused, somebody met before is dialled to check our line: so long apart
     * at least, each peer so often, and so often in all. What stays in doubt then counts for nothing, so that no more need be said.
     */
    silentRow: 8,
    lineCheckMs: 10_000,
    lineChecksPerPeer: 2,
    maxLineChecks: 16,
    /** libtorrent behind a NAT closes our uTP connections as long as its own dial of us waits for an answer: 19 s. */
    stuckMs: 10_000,
  },
  /** BEP 55. */
  holepunch: {
    /** Relays that are asked about one peer. */
    maxRelays: 2,
    /** Peers that one relay is asked about, in the whole run. */
    maxPerRelay: 16,
    /** Until a relay answers a rendezvous. */
    answerMs: 10_000,
    /** A relay is not told off twice for one endpoint within that, nor do we dial one twice on relays' word. */
    againMs: 60_000,
    /** Of one relay: endpoints that we dial on its word, and requests that we answer. */
    maxConnects: 16,
    maxRefusals: 16,
    /** A session whose relay may be needed soon is kept for so long, beyond what else keeps it. */
    keepMs: 30_000,
  },
  /** BEP 5 and its extensions. Queries are small, but each goes to a stranger who asked for nothing. */
  dht: {
    /** BEP 32 allows 1,024 bytes; some send more. */
    maxPacketBytes: 8 * KiB,
    maxDepth: 16,
    maxValues: 3_000,
    maxTokenBytes: 256,
    maxVersionBytes: 8,
    /** Peers taken from one reply. */
    maxPeersPerReply: 1_000,
    /** Nodes taken from one reply, the nearest: BEP 5 sends 8, some 20. */
    maxNodesPerReply: 20,
    /** Of one node, read while one answer of it is awaited: a forger may send some too. */
    maxDatagramsPerAnswer: 16,
    /** Nodes' namings of peers together: most peers are named by several. */
    maxNamings: 40_000,
    /** An answer counts until then. */
    timeoutMs: 3_000,
    /** A query without an answer for so long is slow, and others are asked meanwhile: until round trips are known, and the bounds after. */
    firstSlowMs: 500,
    minSlowMs: 40,
    maxSlowMs: 1_000,
    /** A lookup's end waits for the nearest nodes so many times longer than `slow`. */
    graceFactor: 2,
    /** Kademlia's k and α. */
    closest: 8,
    parallel: 8,
    /** Of those in the air, asked on one node's word alone. */
    parallelPerNamer: 4,
    /** A lookup whose nearest nodes don't fit BEP 42 goes on until so many answered. */
    maxClosest: 16,
    /** Ports tried at one address (an IPv6 /56) in one lookup. */
    triesPerPlace: 3,
    lookupMs: 20_000,
    maxQueriesPerLookup: 400,
    /** Of all lookups of a run and of one family. */
    maxQueries: 4_000,
    /** Nodes asked for their BEP 33 filters, per family: honest ones that store a swarm are a dozen or two. */
    maxScraped: 64,
    /** Nodes recorded. */
    maxNodes: 2_000,
    /** Distinct peers of all nodes together. */
    maxPeers: 10_000,
    /** Lookups to random keys, per family: they tell the size of the DHT. */
    neighbourhoods: 2,
    /** The nearest nodes are asked again so often: nodes forget, and swarms change. */
    againMs: 30_000,
    /** Nodes forget an announce after half an hour, some sooner. */
    announceAgainMs: 900_000,
    /** One name, and addresses used of it. */
    resolveMs: 10_000,
    maxAddressesPerName: 4,
    /** That a torrent names. */
    maxBootstrapNames: 50,
    /** Good nodes kept for the next run, per family. */
    maxRemembered: 200,
  },
  /** BEP 11: one message a minute, and at most 50 added and 50 dropped in each but the first. Clients are freer than that. */
  pex: {
    maxMessageBytes: 64 * KiB,
    /** Added, and as many dropped. */
    maxPeersPerMessage: 200,
    /** Added and dropped together, of one session. */
    maxPeersPerSession: 5_000,
    /** So many messages at once, and one more for each time that this passes, are no flood yet. */
    burstMessages: 10,
    messageMs: 10_000,
    /** Kept of somebody who dialled us, until it is known under which address it listens. */
    maxEarlyMessages: 4,
    /** Sessions kept open for nothing but what they may tell. */
    maxSpeakers: 8,
  },
  /** BEP 52, `hash request`. */
  hashes: {
    /** A client may send the blocks that were asked for before first. */
    answerMs: 20_000,
    /** Requests in the air, to one peer. */
    maxPending: 16,
    /** In one answer: two, and at most one uncle of each layer; no tree has more than 64. */
    maxHashes: 2 + 64,
  },
  /** Message stream encryption. */
  mse: {
    /** Before and after the keys, each side. */
    maxPadBytes: 512,
  },
  /** BEP 9. */
  metadata: {
    maxBytes: 16 * MiB,
    pieceBytes: 16 * KiB,
    /** Requests in the air: Transmission rejects more than 64. */
    pipeline: 16,
    handshakeMs: 10_000,
    /** After the handshake, how long a peer that speaks BEP 10 may take to say how long the metadata is. */
    extensionMs: 5_000,
    /** No piece that was asked for within this time: given up. */
    pieceMs: 10_000,
    /** On average, after a grace of `pieceMs`. */
    leastBytesPerSecond: 4 * KiB,
    /** Pieces nobody asked for, and requests to us, that are taken for mistakes. */
    maxStrays: 64,
    /** A peer without the metadata is listened to for this long: it may know others. */
    pexMs: 5_000,
    /** Fetches at once, and connections that wait for an answer, a turn or PEX. */
    maxFetches: 6,
    /** Of all fetches at once, by the lengths that they were told: two of the longest, and room for ordinary ones. */
    maxHeldBytes: 40 * MiB,
    maxVisits: 30,
    /** Who holds a place for longer gives it to a fresh peer that waits for it. */
    graceMs: 3_000,
    /** Addresses kept, waiting ones and tried ones together. */
    maxCandidates: 2_000,
    /** Received in the whole search, by whoever sends it. */
    maxTotalBytes: 256 * MiB,
    maxAttempts: 3,
    /** Before another attempt at a peer that closed early, doubled each time; and at one that lacks the metadata itself. */
    retryMs: 1_000,
    lackingMs: 10_000,
    maxTries: 2_000,
  },
  /** Peers that unchoke us and give nothing are asked again, for so long on either of two connections. */
  silence: {
    askMs: 60_000,
    /** Between the two connections, after a silence and after refusals: a fault may pass. */
    pauseMs: 5_000,
    refusedPauseMs: 30_000,
    /** Asked for the second time: an answer that fits into one packet of any path. */
    probeBytes: 1 * KiB,
    /** While one is silent, another peer is asked for as much, so often: is it us? */
    controlMs: 15_000,
    /** Of one run. */
    maxSuspects: 16,
  },
  /** The handshake on a random info hash. */
  echo: {
    handshakeMs: 5_000,
    atOnce: 4,
    maxPeers: 32,
    /** For a socket. */
    patienceMs: 10_000,
  },
  /** BEP 17 and 19. */
  webSeed: {
    /** Name, connection, redirects and headers together. */
    answerMs: 15_000,
    /** Nothing at all for so long, or on average less than this after it: given up. */
    graceMs: 20_000,
    leastBytesPerSecond: 2 * KiB,
    maxHeaderBytes: 16 * KiB,
    maxRedirects: 5,
    /** Of one torrent. */
    maxSeeds: 10,
    /** Asked for one by one: each is a line in somebody's log, and more say little. */
    samplePieces: 8,
    /** Of one piece, in as many files: a piece with more is passed over. */
    maxRanges: 16,
    maxRequests: 256,
    /** At depth `full`. */
    maxRequestsFull: 1_000,
    /** Of maxDownloadBytes, what one web seed may cost; at depth `full`, all it holds. */
    share: 1 / 8,
    shareFull: 1 / 2,
    /** Before a second attempt after what may pass, and the longest wait that a server may ask for. */
    retryMs: 2_000,
    maxRetryMs: 15_000,
    /** Peers have been quiet for so long: then our link is free. */
    idleMs: 2_000,
    /** Web seeds don't wait longer than that for it. */
    patienceMs: 60_000,
    /** A rate that is still not narrow by then ends with the interval that it has. */
    rateMs: 20_000,
    /** One web seed's pieces, and all web seeds' rates. */
    sampleMs: 90_000,
    ratesMs: 60_000,
    maxHeaderText: 100,
    maxRedirectsKept: 100,
  },
  /** What is kept of a swarm from one run to the next. */
  readings: {
    keepMs: 7 * 24 * 3_600_000,
    maxRuns: 50,
    maxPeers: 2_000,
    /** Of one peer. */
    maxReadings: 16,
    maxTrackers: 50,
    maxTrackerReadings: 32,
    /** Of one announce: a longer list isn't kept. */
    maxListed: 200,
    maxFileBytes: 4 * MiB,
    /** Torrents. */
    maxFiles: 200,
  },
  /** Every audit that was made here. An hourly audit of 50 swarms of 200 peers stays below 2 GiB, and takes two years to fill its rows. */
  history: {
    /** Of one target: whole snapshots of its newest audits, then the last one of each day. */
    newestSnapshots: 100,
    dailySnapshots: 365,
    weeklySnapshots: 0,
    /** Of one target: lines without their snapshots. */
    maxAudits: 20_000,
    /** Of all snapshots as they are stored; the oldest go, but never a target's last one. */
    maxTotalBytes: 2 * 1024 * MiB,
    /** Of one snapshot as JSON, and as it is stored. */
    maxSnapshotBytes: 64 * MiB,
    maxBodyBytes: 32 * MiB,
    /** Of one text or blob in the database, whoever wrote it. */
    maxColumnBytes: 64 * MiB,
    /** Problems kept in a line. */
    maxProblems: 1_000,
    /** While another process writes. */
    busyMs: 15_000,
    retryMs: [3, 30],
    /** What a list's trend looks back on. */
    recentMs: 7 * 24 * 3_600_000,
    /** Lines that other views get of one target, newest first. */
    maxRows: 5_000,
    shownTargets: 50,
    shownAudits: 20,
    /** Of a torrent's name or info hash, to be known again by it. */
    leastDigits: 4,
    maxAgeMs: 100 * 365 * 24 * 3_600_000,
  },
  /** A PostgreSQL database that holds the history. */
  store: {
    connectMs: 10_000,
    idleMs: 30_000,
    statementMs: 60_000,
    /** For one that was there and is gone: what was audited is kept so long. */
    patienceMs: 60_000,
    retryMs: [200, 2_000],
    /** Of one target and vantage point: whole snapshots of its newest audits, then the last one of each day, then of each week. */
    newestSnapshots: 24,
    dailySnapshots: 30,
    weeklySnapshots: 52,
    maxAudits: Infinity,
    maxTotalBytes: Infinity,
  },
  /** Many torrents and many vantage points in one database. */
  fleet: {
    /** A worker unseen for so long has lost what it was at; how often it says that it lives. */
    leaseMs: 60_000,
    beatMs: 10_000,
    watchMs: 1_000,
    /** Between two looks at what has become due, and how many targets and rows at a time. */
    planMs: 5_000,
    planAtOnce: 500,
    /** Between two looks into a queue that said nothing. */
    pollMs: 1_000,
    rowsAtOnce: 1_000,
    /** Of a period: audits that are due together begin over so much of it. */
    spreadRatio: 0.1,
    maxSpreadMs: 600_000,
    /** Between two audits that begin to ask one tracker's host, from whichever place; for more than a moment none waits in a worker. */
    trackerSpacingMs: 250,
    maxTurnWaitMs: 2_000,
    turnHoldsMs: 30_000,
    /** What a queue says is ours and we know nothing of, for so long. */
    strayLockMs: 30_000,
    /** To put back what runs, once told to stop. */
    leaveMs: 30_000,
    /** Of one due audit, those that a lost worker began too. */
    maxAttempts: 8,
    keepAnswersMs: 24 * 3_600_000,
    keepEndsMs: 90 * 24 * 3_600_000,
    keepTurnsMs: 3_600_000,
    tidyMs: 3_600_000,
    /** Read and put into the database together. */
    targetsAtOnce: 100,
    maxAtOnce: 100,
  },
  /** One read back. Of 100,000 peers it has eight million values, and nests a dozen levels deep. */
  snapshot: { maxDepth: 64, maxValues: 12_000_000 },
  /** A document about several places: audits are held against each other, every two of them. */
  merge: { maxPlaces: 64, maxRounds: 500 },
  /** A .torrent that the user names by its URL; its size is bounded as any other's. */
  fetch: {
    /** Names, redirects and body together. */
    totalMs: 30_000,
    maxRedirects: 5,
    maxHeaderBytes: 16 * KiB,
    /** Addresses of one name that are tried. */
    maxAddresses: 3,
  },
  /** Several targets in one command. */
  many: {
    maxTargets: 10_000,
    maxListBytes: 4 * MiB,
    /** Of a directory: how deep it is looked through, and how many names. */
    maxDepth: 16,
    maxNames: 200_000,
    /** URLs fetched at the same time, and what all torrents that are in no file here may take together. */
    fetches: 4,
    maxHeldBytes: 512 * MiB,
    /** Audits at once, by how far they go: the pace's own limits hold for all of them together. */
    audits: { scrape: 48, discover: 12, handshake: 12, sample: 4, full: 2 },
    politeAudits: 2,
    /** Audits that have just begun to ask one and the same tracker host: at most so many, each for so long unless it ends before. */
    perTracker: 4,
    trackerMs: 1_000,
  },
  watch: {
    /** Between the starts of two rounds; among ourselves (pace `lab`) as short as a duration can be. */
    leastMs: 10_000,
    leastLabMs: 1_000,
    everyMs: 600_000,
  },
  events: {
    /** Between two `progress` lines of a stream. */
    progressMs: 2_000,
    /** Kept for a file that is written when the run ends. */
    maxKept: 200_000,
  },
  /** `--confirm`: so much later, when an address that never answered may be dialled again. */
  confirm: { pauseMs: 60_000, pauseLabMs: 1_000, maxAudits: 10 },
  /** `--ping`: a watchdog of the user's own, which no audit waits for any longer than that. */
  ping: { timeoutMs: 10_000, maxRedirects: 3, maxBodyBytes: 64 * KiB, maxHeaderBytes: 16 * KiB },
  /** `--only-changes`. */
  reminder: { afterMs: 24 * 3_600_000, earlyMs: 30 * 60_000 },
  /** A tracker operator's log of announces. */
  announceLog: {
    /** Of one torrent: the last ones. */
    maxReports: 20_000,
    /** An access log's line holds a request line and a user agent, each of at most 8 KiB with most servers. */
    maxLineBytes: 32 * KiB,
    /** A log packed with gzip becomes ten or thirty times as long; beyond a first part, more than this is none. */
    maxGzipRatio: 250,
    gzipFreeBytes: 16 * MiB,
  },
  /** What `crontab -l` lists. Debian's own bound is 10,000 lines. */
  crontab: { maxBytes: 1 * MiB, maxErrorBytes: 64 * KiB, maxCommandBytes: 8 * KiB, maxScheduled: 1_000 },
  /** The publisher's own copy of the files. */
  reference: {
    /** Read at once. */
    chunkBytes: 1 * MiB,
    openFiles: 16,
    /** Found in a folder: it is the right one. */
    enoughFiles: 1_000,
  },
} as const
