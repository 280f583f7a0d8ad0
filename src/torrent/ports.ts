/**
 * Ports where other programs listen. Whoever may name any address can have us knock at a mail server or a database; libtorrent's
 * `no_connect_privileged_ports` and uTorrent's `bt.no_connect_to_services` are against the same. The user's own word is no stranger's.
 */

/** `peer`: of peers and DHT nodes, over TCP and UDP; `http`: of trackers, web seeds and redirects; `udp`: of UDP trackers. */
export type PortRule = "peer" | "http" | "udp"

/** Where peers are found below 1024, as no firewall closes them. */
const peersBelow1024 = new Set([80, 443])

/**
 * Above 1023. Clients choose any port at random, so that each costs one peer in 64,000; no client's own default is here, nor a
 * range of theirs: 6881–6999, 8999, 16881, 49152 and up, 50000, 51413.
 */
const services = new Set([
  1080, 1433, 1434, 1521, 1701, 1719, 1720, 1723, 1812, 1813, 1883, 1900, 2049, 2375, 2376, 2379, 2380, 3283,
  3306, 3389, 3478, 3659, 3702, 4045, 4190, 4369, 4500, 5060, 5061, 5222, 5269, 5351, 5353, 5355, 5432, 5672,
  5683, 5900, 5901, 5984, 5985, 5986, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 8009, 9042, 9100,
  9200, 9300, 11211, 27017,
])

/** Where an HTTP request could do harm: those that browsers refuse (WHATWG Fetch, «port blocking»), then databases and printers. */
const noWebServer = new Set([
  1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080, 1433, 1521, 3306,
  3389, 5432, 5900, 6379, 9100, 11211, 27017,
])

/** Who answers datagrams, many of them with more than came. Lists of public trackers name 25, 80, 443 and 451: none of them is here. */
const answersDatagrams = new Set([
  7, 13, 17, 19, 37, 53, 67, 68, 69, 111, 123, 135, 137, 138, 161, 162, 177, 389, 427, 464, 500, 514, 520,
  623, 1434, 1701, 1812, 1813, 1900, 2049, 3283, 3478, 3702, 4500, 5060, 5061, 5351, 5353, 5355, 5683, 11211,
  17185,
])

/** Whether nobody is sent there on a stranger's word. */
export function isServicePort(port: number, rule: PortRule): boolean {
  if (rule === "http") return noWebServer.has(port)
  if (rule === "udp") return answersDatagrams.has(port)
  return port < 1_024 ? !peersBelow1024.has(port) : services.has(port)
}
